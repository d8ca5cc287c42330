// The small drawings inside buttons and chips; inline, so that they need no font and no request.
import type { JSX } from 'react';

function glyph(d: string, filled = false): () => JSX.Element {
  return function Glyph() {
    return (
      <svg
        aria-hidden="true"
        className="jp-jr-glyph"
        fill={filled ? 'currentColor' : 'none'}
        stroke={filled ? 'none' : 'currentColor'}
        strokeLinecap="round"
        strokeLinejoin="round"
        strokeWidth="1.4"
        viewBox="0 0 14 14"
      >
        <path d={d} />
      </svg>
    );
  };
}

export const CloseGlyph = glyph('M3.8 3.8l6.4 6.4M10.2 3.8l-6.4 6.4');
export const OpenGlyph = glyph('M5.5 3H3v8h8V8.5M8 2.5h3.5V6M11.2 2.8L6.6 7.4');
export const StopGlyph = glyph('M3.2 3.2h7.6v7.6h-7.6z', true);
export const LockGlyph = glyph('M3.4 6.4h7.2v5H3.4zM4.9 6.4V4.6a2.1 2.1 0 0 1 4.2 0v1.8');
export const ClockGlyph = glyph('M7 1.8a5.2 5.2 0 1 0 0 10.4a5.2 5.2 0 1 0 0-10.4M7 4v3.2l2 1.4');
export const EditGlyph = glyph('M9.4 2.4l2.2 2.2L5 11.2l-2.8.6.6-2.8z');
export const StarGlyph = glyph(
  'M7 1.9l1.6 3.3 3.6.5-2.6 2.5.6 3.6L7 10.1l-3.2 1.7.6-3.6L1.8 5.7l3.6-.5z'
);
export const StarredGlyph = glyph(
  'M7 1.9l1.6 3.3 3.6.5-2.6 2.5.6 3.6L7 10.1l-3.2 1.7.6-3.6L1.8 5.7l3.6-.5z',
  true
);
export const PinGlyph = glyph('M5 2.4h4M5.6 2.4v3.4L3.8 8h6.4L8.4 5.8V2.4M7 8v3.8');
export const SearchGlyph = glyph('M6.2 2a4.2 4.2 0 1 0 0 8.4a4.2 4.2 0 1 0 0-8.4M9.4 9.4L12 12');
export const CaretRightGlyph = glyph('M5.4 3.8L8.8 7l-3.4 3.2z', true);
export const CaretDownGlyph = glyph('M3.8 5.4L7 8.8l3.2-3.4z', true);
export const CaretUpGlyph = glyph('M3.8 8.8L7 5.4l3.2 3.4z', true);
export const BestGlyph = glyph('M7 2.8l4.4 8H2.6z', true);
export const FollowGlyph = glyph('M7 2v7M4 6.4L7 9.4l3-3M3 12h8');
export const UpGlyph = glyph('M3.4 8.6L7 5l3.6 3.6');
export const DownGlyph = glyph('M3.4 5.4L7 9l3.6-3.6');
export const LowestGlyph = glyph('M7 3v8M4 8l3 3 3-3');
export const HighestGlyph = glyph('M7 11V3M4 6l3-3 3 3');
export const ViewGlyph = glyph('M2 4h10M2 7h7M2 10h4M11.4 8v4.4M9.8 10.8l1.6 1.6 1.6-1.6');
export const MoreGlyph = glyph('M2.6 7h.02M7 7h.02M11.4 7h.02');
export const CopyGlyph = glyph('M5 5h6.4v6.6H5zM8.6 5V2.4H2.6V9H5');
export const SaveGlyph = glyph('M7 2v6.6M4 5.8L7 8.8l3-3M2.4 11.8h9.2');
export const WrapGlyph = glyph('M2 3.4h10M2 7h8a2 2 0 0 1 0 4H7M8.4 9.6L7 11l1.4 1.4M2 10.6h2');
export const PictureGlyph = glyph(
  'M2 2.8h10v8.4H2zM2.4 10l3-3.4 2.2 2.2 1.6-1.6 2.6 2.6M9.2 4.8v.4'
);
export const TableGlyph = glyph('M2 2.8h10v8.4H2zM2 5.8h10M2 8.6h10M5.6 2.8v8.4');
export const LeftGlyph = glyph('M8.8 3.4L5.2 7l3.6 3.6');
export const RightGlyph = glyph('M5.2 3.4L8.8 7l-3.6 3.6');
