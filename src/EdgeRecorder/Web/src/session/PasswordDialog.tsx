import { useState } from 'preact/hooks';
import { logIn, send, session } from '../api/client';
import { Dialog } from '../parts/Dialog';
import { Field } from '../parts/Field';
import { saying } from '../parts/saying';
import { text } from '../text/language';

/** A changed password ends every session of its user, this one too; so it logs in again. */
export function PasswordDialog({ onClose }: { onClose: () => void }) {
    const words = text.value.initialPassword;
    const [old, setOld] = useState('');
    const [fresh, setFresh] = useState('');
    const [problem, setProblem] = useState('');

    async function submit(event: Event) {
        event.preventDefault();
        const user = session.peek()?.user ?? '';
        try {
            await send('PUT', 'session/password', { old, new: fresh });
            await logIn(user, fresh);
            onClose();
        } catch (fault) {
            setProblem(saying(fault));
        }
    }

    return (
        <Dialog title={words.change} onClose={onClose}>
            <form onSubmit={event => void submit(event)}>
                <Field label={words.old}><input type="password" autocomplete="current-password" required value={old} onInput={e => setOld(e.currentTarget.value)} /></Field>
                <Field label={words.new}><input type="password" autocomplete="new-password" minLength={8} required value={fresh} onInput={e => setFresh(e.currentTarget.value)} /></Field>
                {problem && <p class="problem" role="alert">{problem}</p>}
                <footer>
                    <button type="button" onClick={onClose}>{text.value.common.cancel}</button>
                    <button type="submit" class="main">{text.value.common.save}</button>
                </footer>
            </form>
        </Dialog>
    );
}
