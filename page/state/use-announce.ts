import { useEffect, useRef } from 'preact/hooks';
import { useSession } from './session.ts';

/** Has a screen reader say a text when it changes, but not when it first appears: then one reads it anyway. */
export function useAnnounce(text: string | undefined): void {
  const { said } = useSession();
  const before = useRef<string | undefined>(undefined);
  useEffect(() => {
    if (before.current !== undefined && text !== undefined && text !== before.current) said.set(text);
    before.current = text ?? before.current;
  }, [text]);
}
