namespace EdgeRecorder.MpegPs;

/// <summary>What the pictures that begin in a PES packet are told by it.</summary>
internal struct PesPacket
{
    public PictureTime? Time;                               // until a picture has taken it
    public bool IsRepeated;                                 // of the open picture already
    public uint? TransportTime;
    public long ArrivalUs;
    public bool HasMarker;                                  // behind it

    /// <summary>The time of a packet before it in which no picture began.</summary>
    public void TakeOver(in PesPacket before)
    {
        if (!before.IsRepeated)
            Time ??= before.Time;
    }
}

/// <summary>Which packet a NAL unit began in: the newest, or the one before where that cut its first bytes.</summary>
internal sealed class PesPackets
{
    private PesPacket _newest;
    private PesPacket _older;
    private bool _hasOlder;

    /// <summary>Of the NAL unit that is looked at.</summary>
    public ref PesPacket Origin => ref _hasOlder ? ref _older : ref _newest;

    /// <param name="beganBefore">The next NAL unit began in the packet before this one.</param>
    public void Enter(PesPacket packet, bool beganBefore)
    {
        if (beganBefore && !_hasOlder)
            (_older, _hasOlder) = (_newest, true);
        else
            packet.TakeOver(_newest);
        _newest = packet;
    }

    /// <summary>It was looked at: the next one begins in the newest packet.</summary>
    public void Next()
    {
        if (_hasOlder)
            _newest.TakeOver(_older);
        _hasOlder = false;
    }

    public void Mark() => (_newest.HasMarker, _older.HasMarker) = (true, true);

    /// <summary>No picture gets the time that none has taken.</summary>
    public void Forget() => (_newest.Time, _hasOlder) = (null, false);
}
