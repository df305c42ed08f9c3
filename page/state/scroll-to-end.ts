/** Frames until the blocks near the end have their real heights. */
const MAX_FRAMES = 10;

/** Scrolls an element to its end, also where heights out of sight are guesses until they come into sight. */
export function scrollToEnd(box: HTMLElement, frames = MAX_FRAMES): void {
  box.scrollTop = box.scrollHeight;
  requestAnimationFrame(() => {
    const isAtEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 2;
    if (!isAtEnd && frames > 0) scrollToEnd(box, frames - 1);
  });
}
