import { useState } from 'preact/hooks';
import { channels } from '../api/box';
import { session } from '../api/client';
import { ChannelForm } from '../channel/ChannelForm';
import { Icon } from '../parts/Icon';
import { text } from '../text/language';
import { Tile } from './Tile';

export function Wall() {
    const words = text.value.wall;
    const [adding, setAdding] = useState(false);
    const all = channels.value;
    const mayAdd = session.value?.role === 'admin';
    return (
        <main class="wall">
            <div class="heading">
                <h1>{words.title}{all && all.length > 0 && <span class="count">{all.length}</span>}</h1>
                {mayAdd && <button type="button" class="main" onClick={() => setAdding(true)}><Icon name="plus" />{words.add}</button>}
            </div>
            {all === undefined && <p class="hint">{text.value.common.loading}</p>}
            {all?.length === 0 && <div class="empty"><Icon name="camera" /><p>{words.empty}</p>{mayAdd && <p class="hint">{words.emptyHint}</p>}</div>}
            <ul class="tiles">
                {all?.map(channel => <Tile key={channel.id} channel={channel} />)}
            </ul>
            {adding && <ChannelForm onClose={() => setAdding(false)} />}
        </main>
    );
}
