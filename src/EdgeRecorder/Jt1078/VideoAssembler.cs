using EdgeRecorder.Bytes;
using EdgeRecorder.H26x;
using EdgeRecorder.Media;

namespace EdgeRecorder.Jt1078;

/// <summary>Where an assembler puts what it completed.</summary>
internal interface IAssemblerOutput
{
    /// <param name="payload">Passes to the callee.</param>
    void Picture(VideoAssembler source, Payload payload, in FrameHead frame, bool isSync, bool lossBefore);

    /// <summary>A body of audio, gone after the call.</summary>
    void Audio(byte payloadType, ReadOnlySpan<byte> body, in FrameHead frame, bool lossBefore);

    /// <summary>Frames that were dropped, by their count.</summary>
    void Lost(int frames, string why);
}

/// <summary>What the packets of one frame have in common.</summary>
internal readonly record struct FrameHead(ulong TimestampMs, byte PayloadType, DataType Type, long ArrivalUs)
{
    public bool IsOf(in PacketHead packet) => packet.TimestampMs == TimestampMs && packet.PayloadType == PayloadType && packet.Type == Type;
}

/// <summary>
/// Puts the pictures of one channel together out of packets and drops what cannot be decoded after a loss. Where a frame ends, its packets say (table 19, part of the frame);
/// some terminals do not set that right, so after <see cref="MostViolations"/> contradictions a frame lasts as long as its time stamp does.
/// </summary>
/// <remarks>Slices go from the network buffer straight into their payload. Whether a picture is a sync sample its NAL units say; the data type is only a claim.</remarks>
internal sealed class VideoAssembler : IDisposable
{
    public const int LargestFrame = 4 * 1024 * 1024;
    public const int MostPackets = 8192;
    public const long LongestOpenUs = 3_000_000;
    private const int MostViolations = 16;
    private const string PacketLoss = "packet loss";

    private readonly IAssemblerOutput _output;
    private readonly AnnexBFeed _feed;
    private readonly LossGate _gate = new();
    private FrameHead _frame;
    private bool _open;
    private bool _skipping = true;                          // the rest of a frame that was dropped, or begun before we came
    private ulong? _skippedStamp;
    private int _bytes;
    private int _packets;
    private int _violations;
    private bool _byTimestamp;
    private bool _usesStartCodes;
    private ulong _endedStamp = ulong.MaxValue;             // of the last frame that ended
    private ulong _deliveredStamp;
    private long _usualStepMs;                              // the least of late, so that a picture left out shows

    public VideoAssembler(Codec codec, IAssemblerOutput output)
    {
        (Codec, _output) = (codec, output);
        Picture = new(codec, new PayloadWriter(ChunkPool.Video));
        _feed = new(Picture);
    }

    public Codec Codec { get; }

    /// <summary>Its parameter sets stay over losses and connections.</summary>
    public PictureWriter Picture { get; }

    /// <summary>Frames end with their time stamp, because what packets say of it is wrong.</summary>
    public bool EndsByTimestamp => _byTimestamp;

    /// <param name="missing">Packets before it, of whatever kind, never came.</param>
    public void Add(in PacketHead head, ReadOnlySpan<byte> body, int missing, long nowUs)
    {
        if (_open && nowUs - _frame.ArrivalUs > LongestOpenUs)
            GiveUp("frame was not completed");
        if (missing > 0)
            Gap(head);
        if (_byTimestamp)
            AddByTimestamp(head, body, nowUs);
        else if (head.Part is SubPackage.Atomic or SubPackage.First)
            Begin(head, body, nowUs);
        else
            Continue(head, body, missing > 0);
    }

    /// <summary>What is open cannot be completed: bytes were skipped, or the connection ended.</summary>
    public void Break()
    {
        if (_open)
            Drop(PacketLoss);
        _skipping = true;
        _gate.Doubt();
    }

    public void Dispose() => Picture.Dispose();

    private void Begin(in PacketHead head, ReadOnlySpan<byte> body, long nowUs)
    {
        if (_open)
        {
            Drop("frame was not completed");
            Violation();
        }
        var isRest = _usesStartCodes && head.TimestampMs == _endedStamp && !body.IsEmpty && !AnnexB.StartsWithStartCode(body);
        if (isRest)
            Violation();                                    // more of a frame that its packets said had ended
        Open(head, nowUs);
        if (Append(body) && head.Part == SubPackage.Atomic)
            End();
    }

    private void Continue(in PacketHead head, ReadOnlySpan<byte> body, bool afterLoss)
    {
        if (!_open)
        {
            // Nothing was lost, and yet a frame goes on that did not begin.
            if (!afterLoss && (!_skipping || _skippedStamp is { } skipped && skipped != head.TimestampMs))
                Violation();
            if (!_skipping)
                LostFrame(continues: false);
            (_skipping, _skippedStamp) = (head.Part == SubPackage.Middle, head.TimestampMs);
            return;
        }
        if (!_frame.IsOf(head))
        {
            Drop(PacketLoss);
            if (!afterLoss)
                Violation();
            _skipping = head.Part == SubPackage.Middle;
            return;
        }
        if (Append(body) && head.Part == SubPackage.Last)
            End();
    }

    private void AddByTimestamp(in PacketHead head, ReadOnlySpan<byte> body, long nowUs)
    {
        if (_open && !_frame.IsOf(head))
            End();
        if (!_open)
        {
            if (_skipping && head.TimestampMs == _endedStamp)
                return;
            Open(head, nowUs);
        }
        Append(body);
    }

    private void Open(in PacketHead head, long nowUs)
    {
        _frame = new(head.TimestampMs, head.PayloadType, head.Type, nowUs);
        (_open, _skipping, _skippedStamp, _bytes, _packets) = (true, false, null, 0, 0);
    }

    private bool Append(ReadOnlySpan<byte> body)
    {
        _bytes += body.Length;
        if (++_packets > MostPackets || _bytes > LargestFrame)
        {
            GiveUp("frame is too large");
            return false;
        }
        try
        {
            _feed.Append(body);
        }
        catch (ProtocolException)                           // larger than the writer's own bound
        {
            GiveUp("frame is too large");
            return false;
        }
        return true;
    }

    private void End()
    {
        _usesStartCodes |= _feed.HasStartCode;
        _feed.End();
        _open = false;
        var isSameStamp = _frame.TimestampMs == _endedStamp;
        _endedStamp = _frame.TimestampMs;
        if (!Picture.HasSlice)
            Picture.Discard();                              // parameter sets in a frame of their own: they are kept
        else if (!Picture.HasFirstSlice)
        {
            if (isSameStamp)
                Violation();                                // a slice that was sent as a frame
            DropPicture(continues: false);
        }
        else if (_gate.Look(Picture, Picture.Sets.IsComplete || Picture.HasOwnSets) is var found and not Decodability.Usable)
            DropPicture(continues: found == Decodability.SkippedLeading);
        else
            Deliver();
    }

    private void Deliver()
    {
        var (isSync, lossBefore) = (Picture.IsSync, _gate.Pass(Picture));
        if (_violations is > 0 and <= MostViolations && _packets > 1)
            _violations--;                                  // a frame of several packets that was right
        if ((long)(_frame.TimestampMs - _deliveredStamp) is > 0 and < 1000 and var stepMs)
            _usualStepMs = _usualStepMs == 0 ? stepMs : Math.Min(stepMs, _usualStepMs + 1);
        _deliveredStamp = _frame.TimestampMs;
        _output.Picture(this, Picture.Take(), _frame, isSync, lossBefore);
    }

    private void DropPicture(bool continues)
    {
        Picture.Discard();
        LostFrame(continues);
    }

    /// <summary>Packets are missing before this one. Where it does not go on with the open frame, that one's end and the beginning of its own may be among them.</summary>
    private void Gap(in PacketHead head)
    {
        if (_open)
        {
            var isInside = _frame.IsOf(head) && head.Part is SubPackage.Middle or SubPackage.Last;
            Drop(PacketLoss, continues: isInside && Picture is { HasFirstSlice: true, IsReference: false });
            _skipping = true;
        }
        else if (!_skipping && (long)(head.TimestampMs - _deliveredStamp) is var stepMs && !(stepMs > 0 && stepMs <= _usualStepMs + _usualStepMs / 2))
            LostFrame(continues: false);                    // else no picture is missing between the two: it was audio
    }

    /// <summary>A frame that does not end. Where it is to end with its time stamp, that one stands still: packets must be believed after all.</summary>
    private void GiveUp(string why)
    {
        Drop(why);
        if (_byTimestamp)
            (_byTimestamp, _violations) = (false, int.MinValue);
    }

    private void Drop(string why, bool continues = false)
    {
        _feed.Reset();
        Picture.Discard();
        (_open, _skipping) = (false, true);
        LostFrame(continues, why);
    }

    private void LostFrame(bool continues, string why = PacketLoss)
    {
        if (_gate.Lose(continues))
            _output.Lost(1, why);
    }

    private void Violation()
    {
        _byTimestamp |= ++_violations > MostViolations;
    }
}
