import { signal } from '@preact/signals';

/** Where the page is: behind the #, so that the recorder serves one document. */
export type Route = { at: 'wall' } | { at: 'box' } | { at: 'devices' } | { at: 'channel'; id: string; instant: number | null };

export function parseRoute(hash: string): Route {
    const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
    const [first, id] = path.split('/');
    if (first === 'box')
        return { at: 'box' };
    if (first === 'devices')
        return { at: 'devices' };
    if (first === 'channel' && id) {
        const instant = Date.parse(new URLSearchParams(query).get('at') ?? '');
        return { at: 'channel', id: decodeURIComponent(id), instant: Number.isNaN(instant) ? null : instant };
    }
    return { at: 'wall' };
}

export function hashOf(route: Route): string {
    switch (route.at) {
        case 'wall': return '#/';
        case 'box': return '#/box';
        case 'devices': return '#/devices';
        case 'channel': return `#/channel/${encodeURIComponent(route.id)}${route.instant === null ? '' : `?at=${new Date(route.instant).toISOString()}`}`;
    }
}

export const route = signal<Route>(parseRoute(location.hash));

window.addEventListener('hashchange', () => { route.value = parseRoute(location.hash); });

/** Another place; `replace` where going back should not stop here. */
export function go(to: Route, replace = false): void {
    if (replace) {
        history.replaceState(null, '', hashOf(to));
        route.value = to;
    } else {
        location.hash = hashOf(to);
    }
}
