// How all charts of a run are drawn, and which of them.
import type { JSX } from 'react';
import type { Axis } from '../curves';
import { useTrans } from '../trans';
import { SaveGlyph } from './glyphs';
import { IconButton } from './LogTools';

export interface View {
  axis: Axis;
  log: boolean;
  smoothing: number;
  /** All charts show the same stretch of the axis. */
  together: boolean;
  children: boolean;
}

interface CheckProps {
  label: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
}

function Check({ label, checked, onChange }: CheckProps): JSX.Element {
  return (
    <label>
      <input checked={checked} onChange={event => onChange(event.target.checked)} type="checkbox" />
      {label}
    </label>
  );
}

export interface ViewToolsProps {
  view: View;
  onView: (change: Partial<View>) => void;
  hasCharts: boolean;
  hasChildren: boolean;
  /** Null: there are so few metrics that none has to be looked for. */
  filter: string | null;
  onFilter: (text: string) => void;
  isZoomed: boolean;
  onReset: () => void;
  onSave: () => void;
  problem: string | null;
}

function AxisTools({ view, onView }: Pick<ViewToolsProps, 'view' | 'onView'>): JSX.Element {
  const trans = useTrans();
  return (
    <>
      <label>
        {trans.__('Over')}{' '}
        <select
          className="jp-jr-input"
          onChange={event => onView({ axis: event.target.value as Axis })}
          value={view.axis}
        >
          <option value="step">{trans.__('step')}</option>
          <option value="relative">{trans.__('time since start')}</option>
          <option value="wall">{trans.__('time of day')}</option>
        </select>
      </label>
      <Check checked={view.log} label={trans.__('Log scale')} onChange={log => onView({ log })} />
      <label>
        {trans.__('Smoothing')}{' '}
        <input
          className="jp-jr-slider"
          max="0.99"
          min="0"
          onChange={event => onView({ smoothing: Number(event.target.value) })}
          step="0.01"
          type="range"
          value={view.smoothing}
        />
        <span aria-hidden="true" className="jp-jr-muted jp-jr-number">
          {view.smoothing.toFixed(2)}
        </span>
      </label>
      <Check
        checked={view.together}
        label={trans.__('Zoom together')}
        onChange={together => onView({ together })}
      />
    </>
  );
}

export function ViewTools(props: ViewToolsProps): JSX.Element {
  const trans = useTrans();
  const { view, onView, hasCharts, hasChildren, filter, onFilter, isZoomed, onReset } = props;
  return (
    <div className="jp-jr-tools">
      {filter !== null && (
        <input
          aria-label={trans.__('Filter metrics')}
          className="jp-jr-input"
          onChange={event => onFilter(event.target.value)}
          placeholder={trans.__('Filter metrics')}
          type="search"
          value={filter}
        />
      )}
      {hasCharts && <AxisTools onView={onView} view={view} />}
      {hasChildren && (
        <Check
          checked={view.children}
          label={trans.__('Children')}
          onChange={children => onView({ children })}
        />
      )}
      {isZoomed && (
        <button className="jp-jr-button" onClick={onReset}>
          {trans.__('Reset zoom')}
        </button>
      )}
      <span className="jp-jr-space" />
      {props.problem && <span role="alert">{props.problem}</span>}
      <IconButton label={trans.__('Download all metrics as CSV')} onClick={props.onSave}>
        <SaveGlyph />
      </IconButton>
    </div>
  );
}
