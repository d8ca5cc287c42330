// The frame of one metric: its name, its pin, its last value, and what can be done with it.
import type { JSX, ReactNode, RefObject } from 'react';
import type { Pins } from '../pins';
import { useTrans } from '../trans';
import { StarGlyph, StarredGlyph } from './glyphs';
import { IconButton } from './LogTools';

export interface MetricCardProps {
  name: string;
  pins: Pins;
  /** The last value, as text. */
  last?: string;
  actions?: ReactNode;
  problem?: string | null;
  place?: RefObject<HTMLElement>;
  children: ReactNode;
}

export function MetricCard(props: MetricCardProps): JSX.Element {
  const trans = useTrans();
  const { name, pins, last, actions, problem, place, children } = props;
  const isPinned = pins.names.includes(name);
  return (
    <section aria-label={name} className="jp-jr-card jp-jr-chart-card" ref={place}>
      <div className="jp-jr-chart-head">
        <IconButton
          label={trans.__('Pin %1', name)}
          onClick={() => pins.toggle(name)}
          pressed={isPinned}
        >
          {isPinned ? <StarredGlyph /> : <StarGlyph />}
        </IconButton>
        <b className="jp-jr-clip" title={name}>
          {name}
        </b>
        <span className="jp-jr-muted jp-jr-number jp-jr-last">{last ?? ''}</span>
        <span className="jp-jr-space" />
        <span className="jp-jr-chart-actions">{actions}</span>
      </div>
      {problem && (
        <div className="jp-jr-muted" role="note">
          {problem}
        </div>
      )}
      {children}
    </section>
  );
}

/** A name of a metric as the name of a file. */
export function fileName(name: string): string {
  return name.replace(/[^\w.-]+/g, '_').slice(0, 100);
}
