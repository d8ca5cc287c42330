// A chart as a picture to take along: on the ground of its theme, with its title and the names of its lines.
import type { Line, Look } from './plot';

const TITLE = 26;
const ROW = 18;
/** More names than so many are no legend any more. */
const MAX_NAMES = 30;

/** The PNG of a chart's canvas. */
export function pictureOf(
  canvas: HTMLCanvasElement,
  title: string,
  lines: readonly Line[],
  look: Look
): Promise<Blob | null> {
  const ratio = canvas.clientWidth > 0 ? canvas.width / canvas.clientWidth : 1;
  const width = canvas.width / ratio;
  const names = lines.length > 1 ? lines.slice(0, MAX_NAMES) : [];
  const columns = Math.max(1, Math.floor(width / 160));
  const rows = Math.ceil(names.length / columns);
  const picture = document.createElement('canvas');
  picture.width = canvas.width;
  picture.height = canvas.height + (TITLE + rows * ROW + (rows > 0 ? 8 : 0)) * ratio;
  const pen = picture.getContext('2d');
  if (!pen) {
    return Promise.resolve(null);
  }
  pen.fillStyle = look.ground;
  pen.fillRect(0, 0, picture.width, picture.height);
  pen.drawImage(canvas, 0, TITLE * ratio);
  pen.scale(ratio, ratio);
  pen.textBaseline = 'middle';
  pen.fillStyle = look.fg;
  pen.font = '600 13px system-ui, sans-serif';
  pen.fillText(title, 10, TITLE / 2 + 2, width - 20);
  pen.font = '11px system-ui, sans-serif';
  names.forEach((line, i) => {
    const left = 10 + ((i % columns) * (width - 20)) / columns;
    const top = TITLE + canvas.height / ratio + 4 + (Math.floor(i / columns) + 0.5) * ROW;
    pen.strokeStyle = line.color || look.brand;
    pen.lineWidth = line.bold ? 3 : 2;
    pen.setLineDash(line.dash ?? []);
    pen.beginPath();
    pen.moveTo(left, top);
    pen.lineTo(left + 18, top);
    pen.stroke();
    pen.fillText(line.label, left + 24, top, (width - 20) / columns - 30);
  });
  return new Promise(resolve => picture.toBlob(resolve));
}
