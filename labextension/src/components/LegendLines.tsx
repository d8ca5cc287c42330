// The entries of a legend: pointing at one brings its line out in all charts, a click takes it away, or back.
import type { JSX } from 'react';
import type { Stroke } from '../palette';
import type { RunData } from '../run';

/** A run and how its line is drawn. */
export interface LegendLine {
  run: RunData;
  stroke: Stroke;
}

/** A piece of the line, as it is drawn. */
export function Swatch({ stroke }: { stroke: Stroke }): JSX.Element {
  return (
    <svg aria-hidden="true" className="jp-jr-swatch" viewBox="0 0 18 8">
      <path
        d="M0 4h18"
        fill="none"
        strokeDasharray={stroke.dash.join(' ') || undefined}
        strokeWidth="2.5"
        style={{ stroke: stroke.color }}
      />
    </svg>
  );
}

export function LegendLines(props: {
  lines: readonly LegendLine[];
  hidden: ReadonlySet<string>;
  onToggle: (id: string) => void;
  onActive: (id: string | null) => void;
}): JSX.Element {
  const { lines, hidden, onToggle, onActive } = props;
  return (
    <div className="jp-jr-legend-lines" onMouseLeave={() => onActive(null)}>
      {lines.map(({ run, stroke }) => (
        <button
          aria-pressed={!hidden.has(run.run_id)}
          className="jp-jr-legend-line"
          key={run.run_id}
          onBlur={() => onActive(null)}
          onClick={() => onToggle(run.run_id)}
          onFocus={() => onActive(run.run_id)}
          onMouseEnter={() => onActive(run.run_id)}
          title={`${run.name} · #${run.number}`}
        >
          <Swatch stroke={stroke} />
          <span className="jp-jr-clip">{run.name}</span>
        </button>
      ))}
    </div>
  );
}
