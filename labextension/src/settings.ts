// What a person has chosen in the settings editor; the defaults where nobody has, or where there is no settings editor.
import { ISignal, Signal } from '@lumino/signaling';

/** When the end of a run is told: `default` tells failures and keeps the rest in the notification centre. */
export type NotifyMode = 'default' | 'never' | 'on-failure' | 'always';

/** The values of `schema/plugin.json`. */
export interface Preferences {
  notifications: {
    mode: NotifyMode;
    /** Runs that took fewer seconds are not told of. */
    after: number;
  };
  /** Ask before a run is canceled that has worked for a minute or has children. */
  confirmCancel: boolean;
  /** How the sidebar groups runs: experiment, notebook, status, none, or `tag:` and a key. */
  groupBy: string;
  /** Metrics of which rows show the first that a run has. */
  pinnedMetrics: readonly string[];
  density: 'comfortable' | 'compact';
  /** How panels in notebooks begin; `auto`: as the cell has asked. */
  defaultPanel: 'auto' | 'full' | 'mini';
  showStatusBar: boolean;
  showInRunning: boolean;
}

export const DEFAULTS: Preferences = {
  notifications: { mode: 'default', after: 30 },
  confirmCancel: true,
  groupBy: 'experiment',
  pinnedMetrics: [],
  density: 'comfortable',
  defaultPanel: 'auto',
  showStatusBar: true,
  showInRunning: true
};

/** Where the values are kept: JupyterLab's settings, which have checked them against the schema. */
export interface SettingsStore {
  readonly composite: object;
  readonly changed: ISignal<unknown, void>;
  set(name: string, value: unknown): Promise<void>;
}

export class Settings {
  /** Without a store the defaults hold, and choices last as long as the page. */
  constructor(loading?: Promise<SettingsStore>) {
    // Another server, or a schema that was removed, is no reason to do without the rest.
    this.ready = loading?.then(store => this.connect(store)).catch(() => undefined);
  }

  /** Resolves when the values are those that were chosen. */
  readonly ready: Promise<void> | undefined;

  /** The values that hold, each there. */
  get composite(): Preferences {
    return this._composite;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Choose a value; kept where there is a store, else as long as the page lives. */
  async set<K extends keyof Preferences>(name: K, value: Preferences[K]): Promise<void> {
    if (this._store) {
      await this._store.set(name, value);
    } else {
      this._composite = { ...this._composite, [name]: value };
      this._changed.emit();
    }
  }

  private connect(store: SettingsStore): void {
    this._store = store;
    store.changed.connect(this.read, this);
    this.read();
  }

  private read(): void {
    const chosen = (this._store?.composite ?? {}) as Partial<Preferences>;
    const notifications = { ...DEFAULTS.notifications, ...chosen.notifications };
    this._composite = { ...DEFAULTS, ...chosen, notifications };
    this._changed.emit();
  }

  private _changed = new Signal<this, void>(this);
  private _composite = DEFAULTS;
  private _store: SettingsStore | null = null;
}
