// The form of the submit dialog. What is rarely needed is folded; nothing is lost when the server refuses.
import { JSX, useEffect, useId, useState } from 'react';
import type { RunsApi } from '../api';
import { experimentFor, folderOf, isScript, SubmitForm } from '../submission';
import { TransContext, useTrans } from '../trans';
import type { Translate } from '../tokens';
import { Prose } from './Prose';

export interface SubmitFieldsProps {
  api: RunsApi;
  trans: Translate;
  initial: SubmitForm;
  experiments: readonly string[];
  targets: readonly string[];
  /** Why the last try was refused. */
  problem: string | null;
  onForm: (form: SubmitForm) => void;
}

/** Scripts and notebooks in the folder of what is typed, and its folders. */
function usePaths(api: RunsApi, typed: string): string[] {
  const folder = folderOf(typed);
  const [paths, setPaths] = useState<string[]>([]);
  useEffect(() => {
    let gone = false;
    // A folder that is not there has nothing to offer.
    api.folder(folder === '.' ? '' : folder).then(
      items => {
        const found = items.filter(item => item.type === 'directory' || isScript(item.name));
        const text = (item: { path: string; type: string }) =>
          item.type === 'directory' ? `${item.path}/` : item.path;
        return gone || setPaths(found.map(text).sort());
      },
      () => gone || setPaths([])
    );
    return () => {
      gone = true;
    };
  }, [api, folder]);
  return paths;
}

interface FieldProps {
  label: string;
  value: string;
  onValue: (value: string) => void;
  hint?: string;
  options?: readonly string[];
  /** The dialog gives it the focus when it opens. */
  first?: boolean;
}

function Field({ label, value, onValue, hint, options, first }: FieldProps): JSX.Element {
  const id = useId();
  return (
    <label className="jp-jr-field">
      <span>{label}</span>
      <input
        autoFocus={first}
        className="jp-jr-input"
        data-first={first || undefined}
        list={options ? id : undefined}
        onChange={event => onValue(event.target.value)}
        placeholder={hint}
        spellCheck={false}
        value={value}
      />
      {options && (
        <datalist id={id}>
          {options.map(option => (
            <option key={option} value={option} />
          ))}
        </datalist>
      )}
    </label>
  );
}

type Put = (change: Partial<SubmitForm>) => void;

function More({ form, put }: { form: SubmitForm; put: Put }): JSX.Element {
  const trans = useTrans();
  const used = [form.folder, form.name, form.limit, form.variables].some(text => text !== '');
  return (
    <details open={used}>
      <summary>{trans.__('More')}</summary>
      <Field
        hint={trans.__('as numbered')}
        label={trans.__('Name')}
        onValue={name => put({ name })}
        value={form.name}
      />
      <Field
        hint={folderOf(form.path)}
        label={trans.__('Source folder')}
        onValue={folder => put({ folder })}
        value={form.folder}
      />
      <Field
        hint={trans.__('none; e.g. 2h')}
        label={trans.__('Time limit')}
        onValue={limit => put({ limit })}
        value={form.limit}
      />
      <label className="jp-jr-field">
        <span>{trans.__('Environment')}</span>
        <textarea
          className="jp-jr-input"
          onChange={event => put({ variables: event.target.value })}
          onKeyDown={event => event.key === 'Enter' && event.stopPropagation()}
          placeholder={trans.__('NAME=value, one a line; not recorded')}
          rows={3}
          spellCheck={false}
          value={form.variables}
        />
      </label>
    </details>
  );
}

function Problem({ text }: { text: string }): JSX.Element {
  return (
    <div className="jp-jr-problem" role="alert">
      <Prose text={text} />
    </div>
  );
}

interface TargetProps {
  form: SubmitForm;
  put: Put;
  targets: readonly string[];
}

function Target({ form, put, targets }: TargetProps): JSX.Element {
  const trans = useTrans();
  return (
    <label className="jp-jr-field">
      <span>{trans.__('Target')}</span>
      <select
        className="jp-jr-input"
        onChange={event => put({ target: event.target.value })}
        value={form.target}
      >
        {targets.map(target => (
          <option key={target} value={target}>
            {target === 'local' ? trans.__('this machine (local)') : target}
          </option>
        ))}
      </select>
    </label>
  );
}

function Fields(props: SubmitFieldsProps): JSX.Element {
  const trans = useTrans();
  const { api, initial, experiments, targets, problem, onForm } = props;
  const [form, setForm] = useState(initial);
  const paths = usePaths(api, form.path);
  const put: Put = change => {
    const next = { ...form, ...change };
    setForm(next);
    onForm(next);
  };
  const onPath = (path: string) => {
    // The experiment follows the script until somebody names one.
    const follows = form.experiment === '' || form.experiment === experimentFor(form.path);
    put({ path, ...(follows && isScript(path) ? { experiment: experimentFor(path) } : {}) });
  };
  return (
    <>
      {problem && <Problem text={problem} />}
      <Field
        first={initial.path === ''}
        hint="work/train.py"
        label={trans.__('Script or notebook')}
        onValue={onPath}
        options={paths}
        value={form.path}
      />
      <Field
        first={initial.path !== ''}
        hint="--lr 0.1 --epochs 20"
        label={trans.__('Arguments')}
        onValue={text => put({ arguments: text })}
        value={form.arguments}
      />
      <Field
        label={trans.__('Experiment')}
        onValue={experiment => put({ experiment })}
        options={experiments}
        value={form.experiment}
      />
      <Target form={form} put={put} targets={targets} />
      <Field
        hint={trans.__('quality=good, baseline')}
        label={trans.__('Tags')}
        onValue={tags => put({ tags })}
        value={form.tags}
      />
      <More form={form} put={put} />
      <div className="jp-jr-muted">
        <Prose
          text={trans.__(
            'The content of `%1` is copied: what you edit afterwards changes nothing in the run.',
            form.folder || folderOf(form.path)
          )}
        />
      </div>
    </>
  );
}

export function SubmitFields(props: SubmitFieldsProps): JSX.Element {
  return (
    <TransContext.Provider value={props.trans}>
      <div className="jp-jr jp-jr-submit">
        <Fields {...props} />
      </div>
    </TransContext.Provider>
  );
}
