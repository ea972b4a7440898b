namespace EdgeRecorder.Rtp;

/// <summary>Follows one source's sequence numbers (RFC 3550, A.1) and keeps what a receiver report says of them (A.3, A.8).</summary>
internal sealed class SequenceTracker
{
    private const int MaxDropout = 3000;
    private const int MaxMisorder = 100;

    private bool _started;
    private long _first;
    private long _highest;                                  // cycles in the upper bits
    private long _received;
    private long _expectedBefore;
    private long _receivedBefore;
    private long _transit;
    private double _jitter;

    /// <summary>Extended highest sequence number received.</summary>
    public uint ExtendedHighest => (uint)_highest;

    /// <summary>Interarrival jitter in RTP time stamp units.</summary>
    public uint Jitter => (uint)_jitter;

    public bool Started => _started;

    /// <summary>Packets that were expected and never came; late and doubled ones make it smaller, down to below zero.</summary>
    public long CumulativeLost => _started ? _highest - _first + 1 - _received : 0;

    /// <summary>What a packet's number means: 0 next in order, n &gt; 0 packets are missing before it, −1 late or doubled, <see cref="Restarted"/>.</summary>
    public const int Restarted = int.MaxValue;

    public int Accept(ushort sequence)
    {
        if (!_started)
        {
            Restart(sequence);
            return 0;
        }
        int step = (short)(sequence - (ushort)_highest);
        if (step > 0 && step <= MaxDropout)
        {
            _highest += step;
            _received++;
            return step - 1;
        }
        if (step <= 0 && step > -MaxMisorder)
        {
            _received++;
            return -1;
        }
        Restart(sequence);
        return Restarted;
    }

    /// <summary>Forgets everything: another source speaks.</summary>
    public void Reset() => _started = false;

    /// <param name="arrival">Arrival in time stamp units.</param>
    public void Timing(long arrival, uint timestamp)
    {
        var transit = arrival - timestamp;
        if (_transit != 0)
        {
            var difference = Math.Abs((int)(transit - _transit));
            _jitter += (difference - _jitter) / 16;
        }
        _transit = transit;
    }

    /// <summary>Fraction lost since the last call, in 1/256.</summary>
    public byte TakeFractionLost()
    {
        var expected = _started ? _highest - _first + 1 : 0;
        var (expectedNow, receivedNow) = (expected - _expectedBefore, _received - _receivedBefore);
        (_expectedBefore, _receivedBefore) = (expected, _received);
        var lost = expectedNow - receivedNow;
        return expectedNow <= 0 || lost <= 0 ? (byte)0 : (byte)Math.Min(255, lost * 256 / expectedNow);
    }

    private void Restart(ushort sequence)
    {
        _started = true;
        (_first, _highest, _received, _expectedBefore, _receivedBefore, _transit, _jitter) = (sequence, sequence, 1, 0, 0, 0, 0);
    }
}
