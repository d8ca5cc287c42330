// What stands in place of rows when a search finds nothing: what was searched for, and what may have been meant.
import { JSX, useEffect, useState } from 'react';
import type { Studio } from '../studio';
import type { Correction } from '../tokens';
import { useTrans } from '../trans';
import { Prose } from './Prose';

export function NoMatch({ studio }: { studio: Studio }): JSX.Element {
  const trans = useTrans();
  const { list, search } = studio;
  const { query, workspace } = list;
  const [meant, setMeant] = useState<Correction | null>(null);
  useEffect(() => {
    let wanted = true;
    list.model.api.corrections(workspace, query).then(
      found => wanted && setMeant(found[0] ?? null),
      // That nothing was found is said already.
      () => undefined
    );
    return () => {
      wanted = false;
    };
  }, [list, query, workspace]);
  return (
    <div className="jp-jr-nothing" role="status">
      <p>
        <Prose text={trans.__('No runs match `%1`.', query)} />
      </p>
      {meant && (
        <button className="jp-jr-meant" onClick={() => search.open(meant.text)} title={meant.text}>
          <Prose text={trans.__('Did you mean `%1` (%2)?', meant.label, meant.count)} />
        </button>
      )}
      <button className="jp-jr-button" onClick={() => search.open('')}>
        {trans.__('Clear')}
      </button>
    </div>
  );
}
