import { useEffect, useState } from 'preact/hooks';
import { type Address, formatAddress, parseAddress } from '../model/address.ts';

/** The view that the location names. */
export function useAddress(): Address {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const update = () => setHash(location.hash);
    addEventListener('hashchange', update);
    return () => removeEventListener('hashchange', update);
  }, []);
  return parseAddress(hash);
}

export const goTo = (address: Address): void => {
  location.hash = formatAddress(address);
};

/** As `goTo`, without a step to go back to: a filter that is being typed. */
export function replaceAddress(address: Address): void {
  history.replaceState(null, '', formatAddress(address));
  dispatchEvent(new HashChangeEvent('hashchange'));
}
