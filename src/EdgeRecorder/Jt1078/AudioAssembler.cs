namespace EdgeRecorder.Jt1078;

/// <summary>Puts bodies of audio together. Nearly all terminals send atomic ones, which pass without a copy.</summary>
internal sealed class AudioAssembler(IAssemblerOutput output)
{
    public const int LargestBody = 64 * 1024;

    private byte[] _collected = [];
    private int _length;
    private FrameHead _frame;
    private bool _open;
    private bool _lossBefore;

    public void Add(in PacketHead head, ReadOnlySpan<byte> body, int missing, long nowUs)
    {
        if (missing > 0)
            Break();
        if (head.Part is SubPackage.Atomic or SubPackage.First)
        {
            if (_open)
                Break();
            _frame = new(head.TimestampMs, head.PayloadType, head.Type, nowUs);
            if (head.Part == SubPackage.Atomic)
                Deliver(body);
            else
            {
                (_open, _length) = (true, 0);
                Collect(body);
            }
        }
        else if (!_open || !_frame.IsOf(head) || nowUs - _frame.ArrivalUs > VideoAssembler.LongestOpenUs)
            Break();
        else if (Collect(body) && head.Part == SubPackage.Last)
        {
            _open = false;
            Deliver(_collected.AsSpan(0, _length));
        }
    }

    /// <summary>What is open cannot be completed.</summary>
    public void Break() => (_open, _lossBefore) = (false, true);

    private bool Collect(ReadOnlySpan<byte> body)
    {
        if (_length + body.Length > LargestBody)
        {
            Break();
            output.Lost(1, "audio frame is too large");
            return false;
        }
        if (_length + body.Length > _collected.Length)
            Array.Resize(ref _collected, Math.Max(_collected.Length * 2, _length + body.Length));
        body.CopyTo(_collected.AsSpan(_length));
        _length += body.Length;
        return true;
    }

    private void Deliver(ReadOnlySpan<byte> body)
    {
        var lossBefore = _lossBefore;
        _lossBefore = false;
        if (!body.IsEmpty)                                  // empty ones occur
            output.Audio(_frame.PayloadType, body, _frame, lossBefore);
    }
}
