// A metric whose values are files: pictures, small and large, or one of Azure's JSON schemas, drawn.
import { JSX, KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react';
import { formatMoment } from '../format';
import { saveBlob } from '../save';
import { drawingOf, FileRef, fileOf, pictureType } from '../schemas';
import type { Series } from '../tokens';
import { useTrans } from '../trans';
import { useInView } from './curvedata';
import { Drawn } from './Drawn';
import { CloseGlyph, LeftGlyph, RightGlyph, SaveGlyph } from './glyphs';
import { useWish } from './hooks';
import { IconButton } from './LogTools';
import { MetricCard } from './MetricCard';
import { TabProps, useFetched } from './tabs';
import { useSeries, ValueCardProps } from './ValueCards';

/** Longer files are not drawn. */
const MAX_BYTES = 8e6;

interface Version extends FileRef {
  step: number | null;
  at: number;
}

function versionsOf(series: Series | null): Version[] {
  return (series?.points ?? []).flatMap(([step, at, value]) => {
    const file = fileOf(value);
    return file ? [{ ...file, step, at }] : [];
  });
}

interface FileProps {
  file: Version;
  tab: TabProps;
}

interface ImageProps {
  blob: Blob;
  alt: string;
  onBroken?: () => void;
}

/** Drawn from an address within this page, which is taken back with the component. */
function Image({ blob, alt, onBroken }: ImageProps): JSX.Element {
  const image = useRef<HTMLImageElement>(null);
  useEffect(() => {
    const url = URL.createObjectURL(blob);
    image.current?.setAttribute('src', url);
    return () => URL.revokeObjectURL(url);
  }, [blob]);
  return <img alt={alt} onError={onBroken} ref={image} />;
}

interface LargeProps {
  blob: Blob;
  alt: string;
  onMove: (by: number) => void;
  onClose: () => void;
}

function Large({ blob, alt, onMove, onClose }: LargeProps): JSX.Element {
  const trans = useTrans();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const box = dialog.current;
    if (box && !box.open) {
      box.showModal?.();
    }
  }, []);
  const onKeyDown = (event: KeyboardEvent) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by) {
      event.preventDefault();
      event.stopPropagation();
      onMove(by);
    }
  };
  return (
    <dialog
      aria-label={alt}
      className="jp-jr-large-picture"
      onClick={event => event.target === dialog.current && onClose()}
      onClose={onClose}
      onKeyDown={onKeyDown}
      ref={dialog}
    >
      <div className="jp-jr-chart-head">
        <b className="jp-jr-clip">{alt}</b>
        <span className="jp-jr-space" />
        <IconButton label={trans.__('Close')} onClick={onClose}>
          <CloseGlyph />
        </IconButton>
      </div>
      <Image alt={alt} blob={blob} />
    </dialog>
  );
}

interface PictureProps extends FileProps {
  alt: string;
  onMove: (by: number) => void;
}

function Picture({ file, tab, alt, onMove }: PictureProps): JSX.Element {
  const trans = useTrans();
  const { run, api } = tab;
  const { value, problem } = useFetched(`${file.runId}/${file.name}/${file.at}`, async () => {
    const blob = await api.file(run.workspace, file.runId, file.name);
    // The server calls an SVG text. In an <img> it runs nothing and loads nothing.
    return new Blob([blob], { type: pictureType(file.name) ?? '' });
  });
  const [isLarge, setLarge] = useState(false);
  const [broken, setBroken] = useState<Blob | null>(null);
  if (problem !== null || (broken !== null && broken === value)) {
    return (
      <div className="jp-jr-muted">
        {problem ?? trans.__('The browser cannot show this picture: download it.')}
      </div>
    );
  }
  return (
    <>
      <button
        aria-label={trans.__('Show %1 large', alt)}
        className="jp-jr-logged-picture"
        onClick={() => setLarge(true)}
      >
        {value && <Image alt={alt} blob={value} onBroken={() => setBroken(value)} />}
      </button>
      {isLarge && value && (
        <Large alt={alt} blob={value} onClose={() => setLarge(false)} onMove={onMove} />
      )}
    </>
  );
}

function Schema({ file, tab }: FileProps): JSX.Element {
  const trans = useTrans();
  const { run, api } = tab;
  const { value, problem } = useFetched(`${file.runId}/${file.name}/${file.at}`, async () =>
    (await api.file(run.workspace, file.runId, file.name, [0, MAX_BYTES])).text()
  );
  const drawing = useMemo(() => (value === null ? null : drawingOf(value)), [value]);
  if (problem !== null || value === null) {
    return <div className="jp-jr-muted">{problem ?? trans.__('Loading…')}</div>;
  }
  return drawing ? (
    <Drawn drawing={drawing} name={file.name} />
  ) : (
    <div className="jp-jr-muted">{trans.__('This file cannot be drawn: download it.')}</div>
  );
}

interface SliderProps {
  versions: readonly Version[];
  at: number;
  onMove: (by: number) => void;
}

function Slider({ versions, at, onMove }: SliderProps): JSX.Element {
  const trans = useTrans();
  const version = versions[at];
  const when = version ? formatMoment(version.at) : '';
  const text =
    version && version.step !== null
      ? trans.__('step %1 · %2 of %3 · %4', version.step, at + 1, versions.length, when)
      : trans.__('%1 of %2 · %3', at + 1, versions.length, when);
  return (
    <div className="jp-jr-versions">
      <IconButton disabled={at === 0} label={trans.__('Before')} onClick={() => onMove(-1)}>
        <LeftGlyph />
      </IconButton>
      <input
        aria-label={trans.__('Version')}
        aria-valuetext={text}
        max={versions.length - 1}
        min={0}
        onChange={event => onMove(Number(event.target.value) - at)}
        type="range"
        value={at}
      />
      <IconButton
        disabled={at >= versions.length - 1}
        label={trans.__('After')}
        onClick={() => onMove(1)}
      >
        <RightGlyph />
      </IconButton>
      <span className="jp-jr-muted jp-jr-number">{text}</span>
    </div>
  );
}

export function FileCard({ name, tab, pins }: ValueCardProps): JSX.Element {
  const trans = useTrans();
  const card = useRef<HTMLElement>(null);
  const { inView } = useInView(card);
  const { value: series, problem } = useSeries(tab, name, inView);
  const { error, wish } = useWish();
  const versions = useMemo(() => versionsOf(series), [series]);
  // Null: the newest, also when a newer one comes.
  const [picked, setPicked] = useState<number | null>(null);
  const at = Math.min(picked ?? versions.length - 1, versions.length - 1);
  const file = versions[at];
  const onMove = (by: number) => {
    const next = Math.min(versions.length - 1, Math.max(0, at + by));
    setPicked(next === versions.length - 1 ? null : next);
  };
  const save = () =>
    file &&
    void wish(async () =>
      saveBlob(await tab.api.file(tab.run.workspace, file.runId, file.name), file.name)
    );
  return (
    <MetricCard
      actions={
        <IconButton label={trans.__('Download %1', name)} onClick={save}>
          <SaveGlyph />
        </IconButton>
      }
      name={name}
      pins={pins}
      place={card}
      problem={error ?? problem}
    >
      <div className="jp-jr-drawn">
        {file &&
          (pictureType(file.name) ? (
            <Picture alt={name} file={file} onMove={onMove} tab={tab} />
          ) : (
            <Schema file={file} tab={tab} />
          ))}
      </div>
      {versions.length > 1 && <Slider at={at} onMove={onMove} versions={versions} />}
    </MetricCard>
  );
}
