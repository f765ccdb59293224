/** How traces are recorded and sent. */
export interface InitOptions extends PipelineOptions {
  /** `service.name` of the spans. Default: "inprocess". */
  serviceName?: string;
  /** Whether each lookup is logged as well. Default: false. */
  logs?: boolean;
}

/** What is known of a user; empty if there is no such user. */
export interface User {
  id?: number;
  name?: string;
  gender?: number;
  site?: string;
  email?: string;
  math?: number;
  english?: number;
  chinese?: number;
}

/** A user, and the trace of the lookup. */
export interface TracedUser {
  /** 32 lower-case hexadecimal digits. */
  traceId: string;
  /** Whether the trace is recorded. */
  sampled: boolean;
  user: User;
}

/** Two users, and the one trace of their lookups. */
export interface TracedUsers {
  /** 32 lower-case hexadecimal digits. */
  traceId: string;
  /** Whether the trace is recorded. */
  sampled: boolean;
  users: User[];
}
