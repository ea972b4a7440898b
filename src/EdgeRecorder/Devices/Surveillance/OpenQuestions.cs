using EdgeRecorder.Gb28181.Manscdp;

namespace EdgeRecorder.Devices.Surveillance;

/// <summary>What a device was asked and has not answered. An answer is a document of its own and belongs to the question with its CmdType and number; under whose ID it comes decides nothing.</summary>
internal sealed class OpenQuestions
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string CmdType, int Sn), Question> _open = [];

    /// <param name="take">Sees every document that answers; true: it was the last.</param>
    public Question Open(string cmdType, int sn, Func<ManscdpDocument, bool> take)
    {
        var question = new Question(this, cmdType.ToUpperInvariant(), sn, take);
        lock (_gate)
            _open.Add((question.CmdType, sn), question);
        return question;
    }

    /// <summary>False for an answer to nothing that was asked, or is waited for any more.</summary>
    public bool TryAnswer(ManscdpDocument response)
    {
        Question? question;
        lock (_gate)
            if (!_open.TryGetValue((response.CmdType.ToUpperInvariant(), response.Sn), out question))
                return false;
        question.Take(response);
        return true;
    }

    /// <summary>The device has gone: nobody answers any more.</summary>
    public void Lose(string why)
    {
        List<Question> all;
        lock (_gate)
            all = [.. _open.Values];
        all.ForEach(question => question.Lose(why));
    }

    private void Close(Question question)
    {
        lock (_gate)
            _open.Remove((question.CmdType, question.Sn));
    }

    internal sealed class Question(OpenQuestions owner, string cmdType, int sn, Func<ManscdpDocument, bool> take) : IDisposable
    {
        private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string CmdType => cmdType;
        public int Sn => sn;

        /// <summary>Completes with the last document; fails when the device has gone.</summary>
        public Task Done => _done.Task;

        public void Take(ManscdpDocument response)
        {
            if (take(response))
                _done.TrySetResult();
        }

        public void Lose(string why)
        {
            _done.TrySetException(new DeviceException(DeviceFault.NotConnected, why));
            _ = _done.Task.Exception;                       // looked at: nobody may be waiting yet
        }

        public void Dispose() => owner.Close(this);
    }
}
