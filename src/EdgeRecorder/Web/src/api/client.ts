import { signal } from '@preact/signals';
import type { Session } from './types';

/** An answer that is not 2xx; `detail` is the recorder's own sentence. Status 0: no answer at all. */
export class Problem extends Error {
    constructor(readonly status: number, readonly detail: string) {
        super(detail);
    }
}

/** Who is logged in. Undefined until that is known. */
export const session = signal<Session | null | undefined>(undefined);

/** The recorder ended the session, and not who sits here: whoever is sent to the login is told why. */
export const sessionEnded = signal(false);

/** Whether the recorder answered last time. */
export const reachable = signal(true);

// A page that was never logged in does not ask who it is: the answer would be a 401 in everybody's console.
const remembered = 'edge-recorder.logged-in';

/** Says that a page asks and not a person, so that a refusal does not open the browser's own password window. */
export const pageHeaders: Readonly<Record<string, string>> = { 'X-Requested-With': 'page' };

export async function ask(method: string, path: string, body?: unknown, stop?: AbortSignal): Promise<Response> {
    const headers: Record<string, string> = { ...pageHeaders };
    if (body !== undefined)
        headers['Content-Type'] = 'application/json';
    const token = session.peek()?.csrfToken;
    if (token && method !== 'GET')
        headers['X-CSRF-Token'] = token;
    let answer: Response;
    try {
        answer = await fetch(`/api/v1/${path}`, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }), ...(stop ? { signal: stop } : {}) });
    } catch (fault) {
        if (stop?.aborted)
            throw fault;
        reachable.value = false;
        throw new Problem(0, String(fault));
    }
    reachable.value = true;
    if (answer.ok)
        return answer;
    const problem = new Problem(answer.status, await detailOf(answer));
    if (answer.status === 401)
        endSession();
    throw problem;
}

export async function get<T>(path: string, stop?: AbortSignal): Promise<T> {
    return await (await ask('GET', path, undefined, stop)).json() as T;
}

export async function send<T>(method: 'POST' | 'PUT' | 'PATCH', path: string, body: unknown): Promise<T> {
    const answer = await ask(method, path, body);
    return (answer.status === 204 ? undefined : await answer.json()) as T;
}

export async function remove(path: string): Promise<void> {
    await ask('DELETE', path);
}

/** Finds out whether the session of an earlier visit still holds. */
export async function resume(): Promise<void> {
    if (!localStorage.getItem(remembered)) {
        session.value = null;
        return;
    }
    try {
        session.value = await get<Session>('session');
    } catch (problem) {
        if (problem instanceof Problem && problem.status === 0)
            throw problem;
        sessionEnded.value = problem instanceof Problem && problem.status === 401;
        forget();
    }
}

/** The recorder takes this session no longer. */
export function endSession(): void {
    if (!session.peek())
        return;
    sessionEnded.value = true;
    forget();
}

export async function logIn(user: string, password: string): Promise<void> {
    session.value = await send<Session>('POST', 'session', { user, password });
    sessionEnded.value = false;
    localStorage.setItem(remembered, '1');
}

export async function logOut(): Promise<void> {
    try {
        await remove('session');
    } finally {
        forget();
    }
}

function forget(): void {
    localStorage.removeItem(remembered);
    session.value = null;
}

async function detailOf(answer: Response): Promise<string> {
    const text = await answer.text();
    try {
        const problem = JSON.parse(text) as { detail?: string; title?: string };
        return problem.detail ?? problem.title ?? `${answer.status}`;
    } catch {
        return text.slice(0, 200) || `${answer.status}`;        // not ours: a proxy in between
    }
}
