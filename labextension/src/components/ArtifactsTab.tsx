// The files of a run: small pictures of images, the beginning of texts as text, a download of everything.
import { JSX, useEffect, useRef, useState } from 'react';
import { formatMoment } from '../format';
import { saveBlob } from '../save';
import type { RunFile } from '../tokens';
import { useTrans } from '../trans';
import { SaveGlyph } from './glyphs';
import { useWish } from './hooks';
import { IconButton } from './LogTools';
import { formatBytes, TabProps, useFetched } from './tabs';

/** A picture up to this size (bytes) is shown; more of them than so many only when they are opened. */
const MAX_PICTURE = 10e6;
const MAX_PICTURES = 24;
const MAX_ROWS = 1000;
const PREVIEW_BYTES = 64 * 1024;

// Pictures made of dots only: an SVG can hold scripts.
const PICTURE = /\.(png|jpe?g|gif|webp)$/i;
const TEXT = /\.(txt|csv|tsv|jsonl?|log|md|py|ya?ml|toml|ini|cfg)$/i;

interface FileProps {
  file: RunFile;
  tab: TabProps;
}

/** Drawn from an address in this page, which is taken back with the component. */
function Picture({ file, tab }: FileProps): JSX.Element {
  const { run, api } = tab;
  const image = useRef<HTMLImageElement>(null);
  const { value, problem } = useFetched(`${run.run_id}/${file.name}/${file.modified_at}`, () =>
    api.file(run.workspace, run.run_id, file.name)
  );
  useEffect(() => {
    if (!value) {
      return undefined;
    }
    const url = URL.createObjectURL(value);
    image.current?.setAttribute('src', url);
    return () => URL.revokeObjectURL(url);
  }, [value]);
  return problem === null ? (
    <img alt={file.name} className="jp-jr-picture" ref={image} />
  ) : (
    <span>{problem}</span>
  );
}

function TextPreview({ file, tab }: FileProps): JSX.Element {
  const trans = useTrans();
  const { run, api } = tab;
  const { value, problem } = useFetched(
    `${run.run_id}/${file.name}/${file.modified_at}`,
    async () => (await api.file(run.workspace, run.run_id, file.name, [0, PREVIEW_BYTES])).text()
  );
  return (
    <>
      <pre aria-label={file.name} className="jp-jr-log" role="region" tabIndex={0}>
        {problem ?? value ?? trans.__('Loading…')}
      </pre>
      {file.size > PREVIEW_BYTES && (
        <span className="jp-jr-muted">{trans.__('The first %1', formatBytes(PREVIEW_BYTES))}</span>
      )}
    </>
  );
}

function FileRow({ file, tab, small }: FileProps & { small: boolean }): JSX.Element {
  const trans = useTrans();
  const [open, setOpen] = useState(false);
  const { error, wish } = useWish();
  const { run, api } = tab;
  const isPicture = PICTURE.test(file.name) && file.size <= MAX_PICTURE;
  const isText = TEXT.test(file.name) && file.size > 0;
  const save = () =>
    void wish(async () =>
      saveBlob(await api.file(run.workspace, run.run_id, file.name), file.name)
    );
  return (
    <li className="jp-jr-file">
      <div className="jp-jr-chart-head">
        {isPicture || isText ? (
          <button aria-expanded={open} className="jp-jr-link" onClick={() => setOpen(!open)}>
            {file.name}
          </button>
        ) : (
          <span>{file.name}</span>
        )}
        <span className="jp-jr-space" />
        <span className="jp-jr-muted jp-jr-number" title={formatMoment(file.modified_at)}>
          {formatBytes(file.size)}
        </span>
        <IconButton label={trans.__('Download %1', file.name)} onClick={save}>
          <SaveGlyph />
        </IconButton>
      </div>
      {error && <div role="alert">{error}</div>}
      {isPicture && (open || small) && (
        <div className={open ? 'jp-jr-large' : 'jp-jr-small'}>
          <Picture file={file} tab={tab} />
        </div>
      )}
      {isText && open && <TextPreview file={file} tab={tab} />}
    </li>
  );
}

export function ArtifactsTab(props: TabProps): JSX.Element {
  const trans = useTrans();
  const { run, api } = props;
  // The files of a live run are looked at again now and then.
  const turn = run.is_final ? 'all' : Math.floor(props.now / 10);
  const { value, problem } = useFetched(`${run.run_id}/${turn}`, () =>
    api.files(run.workspace, run.run_id)
  );
  if (problem || !value) {
    return <div className="jp-jr-empty">{problem ?? trans.__('Loading…')}</div>;
  }
  const shown = value.files.slice(0, MAX_ROWS);
  const pictures = shown.filter(file => PICTURE.test(file.name)).slice(0, MAX_PICTURES);
  return (
    <div className="jp-jr-scroll">
      {value.total === 0 && (
        <span className="jp-jr-muted">{trans.__('This run has no files.')}</span>
      )}
      <ul aria-label={trans.__('Files')} className="jp-jr-files">
        {shown.map(file => (
          <FileRow file={file} key={file.name} small={pictures.includes(file)} tab={props} />
        ))}
      </ul>
      {value.total > shown.length && (
        <span className="jp-jr-muted">
          {trans.__('%1 more files are not listed', value.total - shown.length)}
        </span>
      )}
    </div>
  );
}
