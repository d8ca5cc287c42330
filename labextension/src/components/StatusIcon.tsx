// The shape of a status. Outlines differ, so that it can be told without colour; only the tint is coloured.
import type { JSX } from 'react';
import type { ShownStatus } from '../run';
import { Shape, statusLook } from '../status';

const RING = { cx: 7, cy: 7, r: 5.4, fill: 'none', stroke: 'currentColor' } as const;

const DRAWINGS: Record<Shape, JSX.Element> = {
  'dashed-ring': <circle {...RING} strokeWidth="1.4" strokeDasharray="2.2 2" />,
  'quarter-ring': (
    <>
      <circle {...RING} strokeWidth="1.2" strokeOpacity=".5" />
      <path d="M7 7V1.6A5.4 5.4 0 0 1 12.4 7Z" fill="currentColor" />
    </>
  ),
  'moving-arc': (
    <>
      <circle {...RING} strokeWidth="2.2" strokeOpacity=".3" />
      <path
        className="jp-jr-moving"
        d="M7 1.6A5.4 5.4 0 0 1 12.4 7"
        fill="none"
        stroke="currentColor"
        strokeWidth="2.2"
      />
    </>
  ),
  'three-quarter-ring': (
    <path d="M7 1.6A5.4 5.4 0 1 1 1.6 7" fill="none" stroke="currentColor" strokeWidth="2.2" />
  ),
  arc: (
    <>
      <path d="M7 1.6A5.4 5.4 0 0 1 7 12.4" fill="none" stroke="currentColor" strokeWidth="2" />
      <rect x="4.6" y="4.6" width="4.8" height="4.8" fill="currentColor" />
    </>
  ),
  'disc-check': (
    <>
      <circle cx="7" cy="7" r="6" fill="currentColor" />
      <path className="jp-jr-knockout" d="M4 7.2l2.1 2.1L10.2 5" strokeWidth="1.7" fill="none" />
    </>
  ),
  'octagon-cross': (
    <>
      <path d="M4.2 1h5.6L13 4.2v5.6L9.8 13H4.2L1 9.8V4.2z" fill="currentColor" />
      <path className="jp-jr-knockout" d="M4.8 4.8l4.4 4.4M9.2 4.8L4.8 9.2" strokeWidth="1.6" />
    </>
  ),
  'slashed-ring': (
    <>
      <circle {...RING} strokeWidth="1.6" />
      <path d="M3.2 10.8l7.6-7.6" stroke="currentColor" strokeWidth="1.6" />
    </>
  ),
  triangle: (
    <path
      d="M7 1.2l6 11.3H1zM7 5.2v3.6M7 10v1.2"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.4"
    />
  )
};

/** The shape alone; hidden from assistive technology, a word stands beside it. */
export function StatusIcon({ status }: { status: ShownStatus }): JSX.Element {
  const { shape, tint } = statusLook(status);
  return (
    <svg
      aria-hidden="true"
      className={`jp-jr-status jp-jr-tint-${tint}`}
      data-shape={shape}
      viewBox="0 0 14 14"
    >
      {DRAWINGS[shape]}
    </svg>
  );
}
