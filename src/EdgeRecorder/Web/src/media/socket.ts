import { endSession } from '../api/client';

/** What the recorder says before an init segment. */
export interface InitNotice {
    type: 'init';
    mime: string;
    width: number;
    height: number;
    tracks: { codec: string }[];
    leftOut: string[];
}

type Notice = InitNotice | { type: 'skipped'; fragments: number } | { type: 'state'; state: string; detail: string };

export interface SocketEvents {
    init(notice: InitNotice, segment: ArrayBuffer): void;
    fragment(bytes: ArrayBuffer): void;
    skipped(fragments: number): void;
    closed(reason: string): void;
}

const sessionOver = 4401;                                   // close code: who watches may not watch any longer

/** Live media over a WebSocket (docs/api): a text before each init segment, then one binary message per fragment. Calls nothing after `close`. */
export class LiveSocket {
    private readonly socket: WebSocket;
    private announced: InitNotice | undefined;
    private ended = false;

    constructor(channel: string, query: string, private readonly events: SocketEvents) {
        this.socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/v1/channels/${encodeURIComponent(channel)}/live?${query}`);
        this.socket.binaryType = 'arraybuffer';
        this.socket.onmessage = message => this.take(message.data as string | ArrayBuffer);
        this.socket.onclose = close => {
            if (close.code === sessionOver)
                endSession();                               // before anything is asked that would be refused
            this.end(close.reason);
        };
    }

    close(): void {
        this.ended = true;
        if (this.socket.readyState === WebSocket.CONNECTING)
            this.socket.onopen = () => this.socket.close();     // closed before it is open, the browser would call it failed
        else
            this.socket.close();
    }

    private take(data: string | ArrayBuffer): void {
        if (this.ended)
            return;
        if (typeof data !== 'string') {
            const notice = this.announced;
            this.announced = undefined;
            return notice ? this.events.init(notice, data) : this.events.fragment(data);
        }
        const notice = JSON.parse(data) as Notice;
        if (notice.type === 'init')
            this.announced = notice;
        else if (notice.type === 'skipped')
            this.events.skipped(notice.fragments);
    }

    private end(reason: string): void {
        if (this.ended)
            return;
        this.ended = true;
        this.events.closed(reason);
    }
}
