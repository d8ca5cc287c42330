// What is in a file of a run, as far as it can be shown without being run: a picture, a table, the beginning of a text.
import { JSX, useEffect, useRef } from 'react';
import { fileKind, tableOf } from '../filetree';
import type { RunFile } from '../tokens';
import { useTrans } from '../trans';
import { formatBytes, TabProps, useFetched } from './tabs';

/** A picture up to this size (bytes) is shown. */
export const MAX_PICTURE = 10e6;
const PREVIEW_BYTES = 64 * 1024;
const TABLE_ROWS = 200;

interface FileProps {
  file: RunFile;
  tab: TabProps;
}

const keyOf = ({ file, tab }: FileProps) => `${tab.run.run_id}/${file.name}/${file.modified_at}`;

/**
 * The picture as an address within the page.
 *
 * The server calls an SVG text, so that it is never a page. In an <img> a browser draws it with scripts off and fetches
 * nothing for it. Its address is a `data:` one and no `blob:`: somebody may open the picture in a tab of its own, where
 * scripts do run, and only a `data:` address has no share in the origin of this page there.
 */
async function addressOf(file: RunFile, blob: Blob): Promise<string> {
  if (!/\.svg$/i.test(file.name)) {
    return URL.createObjectURL(blob);
  }
  const text = await blob.text();
  return `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
}

/** Drawn from an address that is taken back with the component. */
export function Picture(props: FileProps): JSX.Element {
  const { file, tab } = props;
  const { run, api } = tab;
  const image = useRef<HTMLImageElement>(null);
  const { value, problem } = useFetched(keyOf(props), () =>
    api.file(run.workspace, run.run_id, file.name)
  );
  useEffect(() => {
    if (!value) {
      return undefined;
    }
    let gone = false;
    const address = addressOf(file, value);
    void address.then(url => !gone && image.current?.setAttribute('src', url));
    return () => {
      gone = true;
      void address.then(url => URL.revokeObjectURL(url));
    };
    // The content comes with the file.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [value]);
  return problem === null ? (
    <img alt={file.name} className="jp-jr-picture" ref={image} />
  ) : (
    <span>{problem}</span>
  );
}

function Table({ name, text }: { name: string; text: string }): JSX.Element {
  const rows = tableOf(text, /\.tsv$/i.test(name) ? '\t' : ',', TABLE_ROWS);
  const [head = [], ...body] = rows;
  return (
    <div aria-label={name} className="jp-jr-chart-table" role="region" tabIndex={0}>
      <table className="jp-jr-table">
        <thead>
          <tr>
            {head.map((cell, i) => (
              <th key={i} scope="col">
                {cell}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {body.map((row, r) => (
            <tr key={r}>
              {row.map((cell, i) => (
                <td key={i}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** JSON is set out in lines when all of it is here. */
function pretty(name: string, text: string, isWhole: boolean): string {
  if (!/\.json$/i.test(name) || !isWhole) {
    return text;
  }
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function TextPreview(props: FileProps): JSX.Element {
  const trans = useTrans();
  const { file, tab } = props;
  const { run, api } = tab;
  const isWhole = file.size <= PREVIEW_BYTES;
  const { value, problem } = useFetched(keyOf(props), async () => {
    const blob = await api.file(run.workspace, run.run_id, file.name, [0, PREVIEW_BYTES]);
    return blob.text();
  });
  const isTable = value !== null && /\.[ct]sv$/i.test(file.name);
  return (
    <>
      {isTable ? (
        <Table name={file.name} text={value} />
      ) : (
        <pre aria-label={file.name} className="jp-jr-log" role="region" tabIndex={0}>
          {problem ?? (value === null ? trans.__('Loading…') : pretty(file.name, value, isWhole))}
        </pre>
      )}
      {!isWhole && (
        <span className="jp-jr-muted">{trans.__('The first %1', formatBytes(PREVIEW_BYTES))}</span>
      )}
    </>
  );
}

export function canPreview(file: RunFile): boolean {
  const kind = fileKind(file.name);
  return kind === 'picture' ? file.size <= MAX_PICTURE : kind !== 'other' && file.size > 0;
}

export function FilePreview(props: FileProps): JSX.Element {
  return fileKind(props.file.name) === 'picture' ? (
    <Picture {...props} />
  ) : (
    <TextPreview {...props} />
  );
}
