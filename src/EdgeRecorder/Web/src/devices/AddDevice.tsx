import { useState } from 'preact/hooks';
import { refreshDevices } from '../api/box';
import { send } from '../api/client';
import { Dialog } from '../parts/Dialog';
import { Field } from '../parts/Field';
import { saying } from '../parts/saying';
import { text } from '../text/language';

const forms = { gb28181: '\\d{20}', jt808: '\\d{1,20}' } as const;
type Protocol = keyof typeof forms;

/** Lists a device before it comes: with a password of its own, or for a recorder that takes only those that are listed. */
export function AddDevice({ onClose }: { onClose: () => void }) {
    const words = text.value.devices;
    const [protocol, setProtocol] = useState<Protocol>('gb28181');
    const [identity, setIdentity] = useState('');
    const [name, setName] = useState('');
    const [password, setPassword] = useState('');
    const [problem, setProblem] = useState('');

    async function submit(event: Event) {
        event.preventDefault();
        try {
            await send('POST', 'devices', { protocol, identity: identity.trim(), ...(name.trim() ? { name: name.trim() } : {}), ...(protocol === 'gb28181' && password ? { password } : {}) });
            await refreshDevices();
            onClose();
        } catch (fault) {
            setProblem(saying(fault));
        }
    }

    return (
        <Dialog title={words.add} onClose={onClose}>
            <form onSubmit={event => void submit(event)}>
                <Field label={words.protocol}>
                    <select name="protocol" value={protocol} onChange={e => setProtocol(e.currentTarget.value as Protocol)}>
                        <option value="gb28181">{words.protocols.gb28181}</option>
                        <option value="jt808">{words.protocols.jt808}</option>
                    </select>
                </Field>
                <Field label={words.identity} hint={words.identityHint[protocol]}>
                    <input name="identity" inputMode="numeric" required pattern={forms[protocol]} value={identity} onInput={e => setIdentity(e.currentTarget.value)} />
                </Field>
                <Field label={words.name}><input name="name" maxLength={200} value={name} onInput={e => setName(e.currentTarget.value)} /></Field>
                {protocol === 'gb28181' && <Field label={words.password} hint={words.passwordHint}>
                    <input name="password" type="password" autocomplete="new-password" maxLength={128} value={password} onInput={e => setPassword(e.currentTarget.value)} />
                </Field>}
                {problem && <p class="problem" role="alert">{problem}</p>}
                <footer>
                    <button type="button" onClick={onClose}>{text.value.common.cancel}</button>
                    <button type="submit" class="main">{words.add}</button>
                </footer>
            </form>
        </Dialog>
    );
}
