namespace EdgeRecorder.Simulators.GbDevice.Sip;

/// <summary>Requests that have no final answer yet: sent again over UDP, given up after 64 × T1 (RFC 3261, 17.1.2).</summary>
internal sealed class ClientRequests
{
    private const double T1 = 0.5, T2 = 4, GivenUp = 64 * T1;

    private readonly Dictionary<string, Pending> _pending = [];
    private readonly List<string> _due = [];

    /// <summary>How often something was sent once more.</summary>
    public int Resent { get; private set; }

    public int Count => _pending.Count;

    /// <param name="answered">With the final answer; with null where none came.</param>
    public void Add(string branch, byte[] message, bool isReliable, double now, Action<SipText?> answered)
        => _pending[branch] = new Pending(message, answered, now + GivenUp) { Next = isReliable ? double.PositiveInfinity : now + T1, Interval = T1 };

    /// <summary>False: it answers nothing that was asked.</summary>
    public bool Take(SipText response)
    {
        if (!_pending.TryGetValue(response.Branch, out var pending))
            return false;
        if (response.Status < 200)
            return true;
        _pending.Remove(response.Branch);
        pending.Answered(response);
        return true;
    }

    public void Advance(double now, Action<byte[]> send)
    {
        if (_pending.Count == 0)
            return;
        _due.Clear();
        foreach (var (branch, pending) in _pending)
            if (now >= pending.Until)
                _due.Add(branch);
            else if (now >= pending.Next)
            {
                pending.Interval = Math.Min(T2, 2 * pending.Interval);
                pending.Next = now + pending.Interval;
                Resent++;
                send(pending.Message);
            }
        foreach (var branch in _due)
            if (_pending.Remove(branch, out var silent))
                silent.Answered(null);
    }

    /// <summary>Forgets all without a word: the way they took is gone.</summary>
    public void Clear() => _pending.Clear();

    private sealed class Pending(byte[] message, Action<SipText?> answered, double until)
    {
        public byte[] Message => message;
        public Action<SipText?> Answered => answered;
        public double Until => until;
        public double Next { get; set; }
        public double Interval { get; set; }
    }
}
