// The heading of a section: what its runs have in common, how many they are, and what can be done with all of them.
import type { JSX, MouseEvent } from 'react';
import { ListView, tagOf } from '../grouping';
import { openMenu } from '../menus';
import { sectionEntries } from '../rowmenu';
import type { ShownStatus } from '../run';
import type { Section } from '../sections';
import { statusWord } from '../status';
import type { Studio } from '../studio';
import type { Translate } from '../tokens';
import { CaretDownGlyph, CaretRightGlyph, MoreGlyph } from './glyphs';
import { StatusIcon } from './StatusIcon';

/** What a section is called. */
export function sectionTitle(section: Section, by: ListView['by'], trans: Translate): string {
  const { kind, value, has } = section;
  if (kind === 'active') {
    return trans.__('Active');
  }
  if (kind === 'results') {
    return trans.__('Results');
  }
  if (kind === 'pinned' || by === 'experiment') {
    return value ?? '';
  }
  switch (by) {
    case 'none':
      return trans.__('All runs');
    case 'status':
      return statusWord(value as ShownStatus, trans);
    case 'notebook':
      return has ? (value ?? '').replace(/^.*\//, '') : trans.__('(no notebook)');
    default:
      return valueTitle(value, has ? null : tagOf(by), trans);
  }
}

function valueTitle(value: string | null, missing: string | null, trans: Translate): string {
  if (missing !== null) {
    return trans.__('(no %1)', missing);
  }
  return value === null ? trans.__('(no value)') : value || trans.__('(empty)');
}

export function SectionHeading({
  studio,
  section
}: {
  studio: Studio;
  section: Section;
}): JSX.Element {
  const { list, trans } = studio;
  const { by } = list.view;
  const title = sectionTitle(section, by, trans);
  const named = section.kind === 'group' && by !== 'experiment' && by !== 'none';
  const known = section.kind !== 'pinned' || section.loaded;
  const onMenu = (event: MouseEvent<HTMLElement>, at: HTMLElement | { x: number; y: number }) => {
    event.preventDefault();
    event.stopPropagation();
    const entries = sectionEntries(studio, section);
    if (entries.length > 0) {
      openMenu(entries, at);
    }
  };
  return (
    <div
      className={`jp-jr-heading${named ? ' jp-jr-as-is' : ''}`}
      onClick={() => list.toggle(section.key)}
      onContextMenu={event => onMenu(event, { x: event.clientX, y: event.clientY })}
    >
      {section.open ? <CaretDownGlyph /> : <CaretRightGlyph />}
      {named && by === 'status' && <StatusIcon status={section.value as ShownStatus} />}
      <span className="jp-jr-section-title" title={section.value ?? title}>
        {title}
      </span>
      <button
        aria-haspopup="menu"
        aria-label={trans.__('Actions for %1', title)}
        className="jp-jr-icon-button jp-jr-section-menu"
        onClick={event => onMenu(event, event.currentTarget)}
        tabIndex={-1}
        title={trans.__('Actions')}
      >
        <MoreGlyph />
      </button>
      {known && <span className="jp-jr-badge">{section.total}</span>}
    </div>
  );
}
