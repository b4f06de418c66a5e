/** Scrolls the row of tabs so that the active one is seen: GraphiQL adds new tabs behind the end of the row. */
export function keepActiveTabInView(page: Element): void {
  let visible: Element | null = null;
  const show = (): void => {
    const active = page.querySelector('.graphiql-tab-active');
    if (active === visible || active === null) return;
    visible = active;
    active.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  };
  new MutationObserver(show).observe(page, {
    subtree: true,
    childList: true,
    attributes: true,
    attributeFilter: ['class'],
  });
}
