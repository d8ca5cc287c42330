// The button that opens the menu of groups, order and density.
import { JSX, useRef, useState } from 'react';
import { openMenu } from '../menus';
import type { RunList } from '../runlist';
import { useTrans } from '../trans';
import { offersOf, viewEntries } from '../viewmenu';
import { ViewGlyph } from './glyphs';

export function ViewButton({ list }: { list: RunList }): JSX.Element {
  const trans = useTrans();
  const button = useRef<HTMLButtonElement>(null);
  const [open, setOpen] = useState(false);
  const onClick = async () => {
    const offers = await offersOf(list);
    const anchor = button.current;
    if (anchor?.isConnected) {
      setOpen(true);
      openMenu(viewEntries(list, offers, trans), anchor, () => setOpen(false));
    }
  };
  return (
    <button
      aria-expanded={open}
      aria-haspopup="menu"
      aria-label={trans.__('View')}
      className="jp-jr-icon-button"
      onClick={() => void onClick()}
      ref={button}
      title={trans.__('Groups, order and density')}
    >
      <ViewGlyph />
    </button>
  );
}
