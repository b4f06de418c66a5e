/**
 * For a document with several operations GraphiQL's play button opens a menu of them. This runs the selected one instead;
 * the arrow keys still open the menu.
 * @returns a function that restores the menu
 */
export function runFromPlayButton(run: () => void): () => void {
  const runSelected = (event: Event): void => {
    const button = event.target instanceof Element ? event.target.closest('.graphiql-execute-button') : null;
    if (button?.getAttribute('aria-haspopup') !== 'menu') return;
    if (event instanceof KeyboardEvent && event.key !== 'Enter' && event.key !== ' ') return;
    if (event instanceof PointerEvent && event.button !== 0) return;
    event.preventDefault();
    event.stopPropagation();
    // A run replaces the button by one that stops it: only the last event of a click may start the run.
    if (event.type !== 'pointerdown') run();
  };
  const events = ['pointerdown', 'click', 'keydown'] as const;
  for (const type of events) document.addEventListener(type, runSelected, true);
  return () => {
    for (const type of events) document.removeEventListener(type, runSelected, true);
  };
}
