// The files of a run: small pictures of images, a tree of all files, what is in the one that is chosen, a download of each.
import { useVirtualizer } from '@tanstack/react-virtual';
import { JSX, useMemo, useRef, useState } from 'react';
import { fileKind, FileRow, fileRows } from '../filetree';
import { formatMoment } from '../format';
import { saveBlob } from '../save';
import type { RunFile } from '../tokens';
import { useTrans } from '../trans';
import { canPreview, FilePreview, Picture } from './FilePreview';
import { CaretDownGlyph, CaretRightGlyph, CloseGlyph, SaveGlyph } from './glyphs';
import { useWish } from './hooks';
import { IconButton } from './LogTools';
import { formatBytes, TabProps, useFetched } from './tabs';

const ROW = 26;
/** So many pictures are shown at once; more on demand. */
const FIRST_PICTURES = 12;
/** With more files than so many the folders begin folded. */
const FOLD_FROM = 200;

interface RowProps {
  row: FileRow;
  tab: TabProps;
  isFolded: boolean;
  isPicked: boolean;
  onFold: (path: string) => void;
  onPick: (file: RunFile) => void;
}

function Row({ row, tab, isFolded, isPicked, onFold, onPick }: RowProps): JSX.Element {
  const trans = useTrans();
  const { error, wish } = useWish();
  const { run, api } = tab;
  const { file, path, label } = row;
  const save = () =>
    void wish(async () => saveBlob(await api.file(run.workspace, run.run_id, path), path));
  return (
    <div className="jp-jr-filerow" style={{ paddingLeft: 4 + (row.level - 1) * 16 }}>
      {!file && (
        <button
          aria-expanded={!isFolded}
          className="jp-jr-link jp-jr-folder"
          onClick={() => onFold(path)}
        >
          {isFolded ? <CaretRightGlyph /> : <CaretDownGlyph />}
          {label}
        </button>
      )}
      {file &&
        (canPreview(file) ? (
          <button
            aria-expanded={isPicked}
            aria-label={path}
            className="jp-jr-link jp-jr-clip"
            onClick={() => onPick(file)}
            title={path}
          >
            {label}
          </button>
        ) : (
          <span className="jp-jr-clip" title={path}>
            {label}
          </span>
        ))}
      <span className="jp-jr-space" />
      {error && <span role="alert">{error}</span>}
      {!file && <span className="jp-jr-muted">{trans._n('%1 file', '%1 files', row.count)}</span>}
      <span
        className="jp-jr-muted jp-jr-number jp-jr-filesize"
        title={file ? formatMoment(file.modified_at) : undefined}
      >
        {formatBytes(row.size)}
      </span>
      {file ? (
        <IconButton label={trans.__('Download %1', path)} onClick={save}>
          <SaveGlyph />
        </IconButton>
      ) : (
        <span className="jp-jr-icon-button" />
      )}
    </div>
  );
}

interface TreeProps {
  tab: TabProps;
  files: RunFile[];
  picked: string | null;
  onPick: (file: RunFile) => void;
}

/** Which rows there are, as folders are folded and unfolded. */
function useFolding(files: RunFile[]) {
  const [turned, setTurned] = useState<ReadonlySet<string>>(new Set());
  const isLong = files.length > FOLD_FROM;
  const rows = useMemo(() => {
    const all = fileRows(files, new Set());
    const folders = all.filter(row => !row.file).map(row => row.path);
    const folded = folders.filter(path => isLong !== turned.has(path));
    return { folded: new Set(folded), shown: fileRows(files, new Set(folded)) };
  }, [files, turned, isLong]);
  const onFold = (path: string) => {
    const next = new Set(turned);
    if (!next.delete(path)) {
      next.add(path);
    }
    setTurned(next);
  };
  return { ...rows, onFold };
}

/** All files; only the rows in view exist. */
function FileTree({ tab, files, picked, onPick }: TreeProps): JSX.Element {
  const trans = useTrans();
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useFolding(files);
  // eslint-disable-next-line react-hooks/incompatible-library -- we do not compile components
  const virtual = useVirtualizer({
    count: rows.shown.length,
    estimateSize: () => ROW,
    getScrollElement: () => scroller.current,
    initialRect: { width: 300, height: 400 },
    overscan: 10,
    useFlushSync: false
  });
  return (
    <div className="jp-jr-filetree" ref={scroller}>
      <div
        aria-label={trans.__('Files')}
        role="list"
        style={{ height: virtual.getTotalSize(), position: 'relative' }}
      >
        {virtual.getVirtualItems().map(({ index, start }) => {
          const row = rows.shown[index];
          return (
            row && (
              <div
                aria-posinset={index + 1}
                aria-setsize={rows.shown.length}
                className="jp-jr-fileitem"
                key={row.path}
                role="listitem"
                style={{ height: ROW, transform: `translateY(${start}px)` }}
              >
                <Row
                  isFolded={rows.folded.has(row.path)}
                  isPicked={picked === row.path}
                  onFold={rows.onFold}
                  onPick={onPick}
                  row={row}
                  tab={tab}
                />
              </div>
            )
          );
        })}
      </div>
    </div>
  );
}

/** Small pictures of the images; each opens. */
function Gallery(props: { tab: TabProps; files: RunFile[]; onPick: (file: RunFile) => void }) {
  const trans = useTrans();
  const [many, setMany] = useState(FIRST_PICTURES);
  const pictures = props.files.filter(
    file => fileKind(file.name) === 'picture' && canPreview(file)
  );
  if (pictures.length === 0) {
    return null;
  }
  return (
    <div className="jp-jr-gallery">
      {pictures.slice(0, many).map(file => (
        <button
          aria-label={trans.__('Show %1', file.name)}
          className="jp-jr-thumb"
          key={file.name}
          onClick={() => props.onPick(file)}
          title={file.name}
        >
          <Picture file={file} tab={props.tab} />
          <span className="jp-jr-clip">{file.name.slice(file.name.lastIndexOf('/') + 1)}</span>
        </button>
      ))}
      {pictures.length > many && (
        <button className="jp-jr-button" onClick={() => setMany(many + 4 * FIRST_PICTURES)}>
          {trans._n('%1 more picture', '%1 more pictures', pictures.length - many)}
        </button>
      )}
    </div>
  );
}

export function ArtifactsTab(props: TabProps): JSX.Element {
  const trans = useTrans();
  const { run, api } = props;
  const [picked, setPicked] = useState<string | null>(null);
  // The files of a live run are looked at again now and then.
  const turn = run.is_final ? 'all' : Math.floor(props.now / 10);
  const { value, problem } = useFetched(`${run.run_id}/${turn}`, () =>
    api.files(run.workspace, run.run_id)
  );
  if (problem || !value) {
    return <div className="jp-jr-empty">{problem ?? trans.__('Loading…')}</div>;
  }
  const file = value.files.find(one => one.name === picked);
  const onPick = ({ name }: RunFile) => setPicked(name === picked ? null : name);
  if (value.total === 0) {
    return <div className="jp-jr-empty">{trans.__('This run has no files.')}</div>;
  }
  return (
    <div className="jp-jr-files-tab">
      <Gallery files={value.files} onPick={onPick} tab={props} />
      <FileTree files={value.files} onPick={onPick} picked={picked} tab={props} />
      {value.total > value.files.length && (
        <span className="jp-jr-muted">
          {trans.__('%1 more files are not listed', value.total - value.files.length)}
        </span>
      )}
      {file && (
        <section aria-label={trans.__('Preview')} className="jp-jr-preview">
          <div className="jp-jr-chart-head">
            <b className="jp-jr-clip">{file.name}</b>
            <span className="jp-jr-space" />
            <IconButton label={trans.__('Close the preview')} onClick={() => setPicked(null)}>
              <CloseGlyph />
            </IconButton>
          </div>
          <FilePreview file={file} key={file.name} tab={props} />
        </section>
      )}
    </div>
  );
}
