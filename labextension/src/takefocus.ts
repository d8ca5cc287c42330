// The focus of tabs: with the focus in it a tab is the current one, and commands and keys go on from there.

/** Give a tab the focus, unless something in it has it. */
export function takeFocus(node: HTMLElement): void {
  if (!node.contains(document.activeElement)) {
    node.focus();
  }
}
