// Fills sections with pages that the server answers. What was asked of another view than the present one is not taken.
import { ListOptions, messageOf } from './api';
import { ListView, sorted } from './grouping';
import type { RunsModel } from './runs';
import { PAGE, Section, withFirstPage, withNextPage } from './sections';
import type { SectionSet } from './sectionset';
import type { RunPage } from './tokens';

/** What is listed at the moment. */
export interface Listed {
  readonly workspace: string | null;
  readonly view: ListView;
  readonly query: string;
}

export class SectionLoader {
  constructor(
    private readonly model: RunsModel,
    private readonly set: SectionSet,
    private readonly listed: Listed
  ) {}

  /** Fetch the first page of a section again and keep what lies below it. */
  async first(section: Section, limit: number): Promise<void> {
    const { view } = this.listed;
    const page = await this.page(section, null, limit);
    const now = this.set.get(section.key);
    if (now && view === this.listed.view) {
      this.set.put(withFirstPage(now, page));
    }
  }

  /** Fetch one more page; what goes wrong stands in the section. */
  async next(section: Section): Promise<void> {
    const { view } = this.listed;
    const now = () => this.set.get(section.key) ?? section;
    try {
      const page = await this.page(section, section.next, PAGE);
      if (view === this.listed.view) {
        this.set.put(withNextPage(now(), page));
      }
    } catch (error) {
      this.set.put({ ...now(), loading: false, error: messageOf(error) });
    }
  }

  async page(section: Section, page: string | null, limit: number): Promise<RunPage> {
    const { workspace, view, query } = this.listed;
    const text = section.kind === 'results' ? query : (section.query ?? '');
    const options: ListOptions =
      section.kind === 'active'
        ? { limit, page, active: true }
        : { limit, page, q: sorted(text, view.sort) };
    const answer = await this.model.api.listRuns(workspace, options);
    this.model.tellTime(answer.server_time);
    return answer;
  }
}
