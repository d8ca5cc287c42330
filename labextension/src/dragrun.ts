// Runs that are dragged into a notebook become code there: a cell between cells, text inside of one or in any editor.
import { MimeData } from '@lumino/coreutils';
import { Drag } from '@lumino/dragdrop';

/** What notebooks take as cells. */
const CELLS = 'application/vnd.jupyter.cells';

/** Begin to drag code; `label` goes with the pointer. */
export function dragCode(code: string, label: string, x: number, y: number): void {
  const mimeData = new MimeData();
  mimeData.setData('text/plain', code);
  mimeData.setData(CELLS, [
    { cell_type: 'code', source: code, metadata: {}, outputs: [], execution_count: null }
  ]);
  const dragImage = document.createElement('div');
  dragImage.className = 'jp-jr jp-jr-dragged';
  dragImage.textContent = label;
  const drag = new Drag({ mimeData, dragImage, supportedActions: 'copy', proposedAction: 'copy' });
  void drag.start(x, y).then(() => drag.dispose());
}
