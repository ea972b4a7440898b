using EdgeRecorder.Bytes;
using EdgeRecorder.H26x;
using EdgeRecorder.Media;

namespace EdgeRecorder.MpegPs;

/// <summary>Where a picture stands in its stream's own time, 90 kHz in 64 bits.</summary>
/// <param name="Dts">Its place in decoding order: the same where nothing else is said.</param>
internal readonly record struct PictureTime(long Pts, long Dts);

/// <summary>Where pictures go.</summary>
internal interface IPictureOutput
{
    /// <param name="payload">Passes to the callee.</param>
    void Picture(PsVideo source, Payload payload, in PictureTime time, bool isSync, bool lossBefore, long arrivalUs);

    /// <summary>When a picture whose packets do not say it is to be shown.</summary>
    /// <param name="before">The picture before it, null for the first.</param>
    /// <param name="transportBefore">The transport's time when that one began.</param>
    /// <param name="transportTime">The same of this one.</param>
    PictureTime Guess(PictureTime? before, uint? transportBefore, uint? transportTime);

    void LostPictures(int count, string why);
}

/// <summary>
/// Puts the pictures of one elementary stream together out of PES packets: one that is cut into several, parameter sets in packets of their own, several in one packet, or packets
/// cut without regard to pictures. NAL units say where one begins; a PTS is that of the first picture that begins in its packet.
/// </summary>
/// <remarks>
/// Which codec it is parameter sets say, never the stream map: some are missing, late or wrong, and one kind of camera changes its mind in the middle of a stream. SPS of H.264 and VPS and SPS of H.265
/// cannot be taken for each other. Whether a picture ends at its transport's marker is found out: it is delivered there
/// once three in a row showed that it does.
/// </remarks>
internal sealed class PsVideo(IPictureOutput output) : INalSink, IDisposable
{
    private const int MarkersToTrust = 3;
    private const int NeverTrust = int.MinValue;
    private const int LeadLength = 7;                       // a start code with its zero_byte, and what tells a first slice (H.265: two bytes of header, then the flag)
    private const long LongestOpenUs = 500_000;             // more than two pictures of the slowest stream that plays
    private const string PacketLoss = "packet loss";

    private readonly byte[] _lead = new byte[LeadLength];   // of a packet with a new PTS
    private AnnexBFeed? _feed;
    private PictureWriter? _picture;
    private readonly LossGate _gate = new();
    private int _leadLength = -1;                           // -1: nothing is looked at
    private bool _skipping = true;                          // to the next start code
    private int _zeros;                                     // while skipping
    private bool _inPacket;
    private bool _open;
    private bool _damaged;
    private readonly PesPackets _packets = new();
    private PesPacket _coming;                              // the open one, while its first bytes are looked at
    private bool _isUnaligned;                              // packets are cut without regard to pictures
    private PictureTime _time;                              // of the open picture, or the last
    private uint? _transportTime;                           // when that began
    private bool _isStamped;                                // by its packet, and later than the picture before
    private bool _hasTime;
    private long _arrivalUs;
    private long _lastUs;
    private int _trust;                                     // pictures whose marker was right
    private bool _markerInUnit;
    private bool _endedByMarker;
    private bool _unseenLoss;
    private long _usualStep;                                // the least of late, so that a picture left out shows

    /// <summary>Null until parameter sets were seen.</summary>
    public Codec? Codec { get; private set; }

    public PictureWriter Picture => _picture!;

    /// <param name="time">Null where the packet has no PTS.</param>
    /// <param name="transportTime">What its transport says, if anything.</param>
    public void BeginPacket(PictureTime? time, uint? transportTime, long nowUs)
    {
        (_inPacket, _leadLength) = (true, -1);
        var isNew = time is { } stamped && !((_open || _endedByMarker) && stamped.Pts == _time.Pts);
        var packet = new PesPacket { Time = time, IsRepeated = !isNew && time is not null, TransportTime = transportTime, ArrivalUs = nowUs };
        if (isNew && IsBusy)
        {
            (_coming, _leadLength) = (packet, 0);           // its first bytes say whether the open picture ends before it
            return;
        }
        _packets.Enter(packet, beganBefore: _feed is { IsAtNalStart: true });
        if (!isNew && (_markerInUnit || _endedByMarker))
        {
            _trust = NeverTrust;                            // more of a picture whose marker was there already
            if (_endedByMarker)
                StopFeeding();
        }
    }

    public void Data(ReadOnlySpan<byte> bytes, long nowUs)
    {
        _lastUs = nowUs;
        if (_leadLength >= 0)
        {
            var count = Math.Min(bytes.Length, LeadLength - _leadLength);
            bytes[..count].CopyTo(_lead.AsSpan(_leadLength));
            _leadLength += count;
            bytes = bytes[count..];
            if (_leadLength < LeadLength)
                return;
            EndLead();
        }
        Append(bytes);
    }

    /// <param name="isWhole">False: the rest of it is lost.</param>
    public void EndPacket(bool isWhole)
    {
        if (_leadLength >= 0)
            EndLead();
        _inPacket = false;
        if (!isWhole)
            Break();
    }

    /// <summary>The transport says that a frame ends here.</summary>
    public void Marker()
    {
        if (_inPacket || !IsBusy)
            return;
        if (_trust < MarkersToTrust || Picture.Sets.Format.Interlaced)
        {
            _markerInUnit = true;
            _packets.Mark();
            return;
        }
        EndNals();
        EndUnit();
        _endedByMarker = !_open;
    }

    /// <summary>What is open cannot be completed, and more may be lost.</summary>
    public void Break()
    {
        if (IsBusy && _markerInUnit && !_inPacket && !_damaged)
        {
            EndNals();
            EndUnit();                                      // it had its marker: what is missing is not its own
        }
        else if (_open)
            Drop(PacketLoss, continues: _picture is { HasFirstSlice: true, IsReference: false });
        Reset();
        _unseenLoss = true;
    }

    /// <summary>What comes next does not go on with what came: a decoder has to begin anew.</summary>
    public void Doubt() => _gate.Doubt();

    /// <summary>Nothing came for a while: what is complete is not held back.</summary>
    public void Expire(long nowUs)
    {
        if (IsBusy && !_inPacket && nowUs - _lastUs > LongestOpenUs)
            Flush();
    }

    /// <summary>What is complete is delivered.</summary>
    public void Flush()
    {
        if (!IsBusy || _inPacket && _leadLength < 0)
            return;
        EndNals();
        EndUnit();
    }

    public void Dispose() => _picture?.Dispose();

    void INalSink.Write(ReadOnlySpan<byte> nal)
    {
        BeforeNal(nal);
        _picture?.Write(nal);
    }

    void INalSink.Begin(ReadOnlySpan<byte> header, ReadOnlySpan<byte> body)
    {
        Span<byte> start = stackalloc byte[12];
        header.CopyTo(start);
        var shown = body[..Math.Min(body.Length, start.Length - header.Length)];
        shown.CopyTo(start[header.Length..]);
        BeforeNal(start[..(header.Length + shown.Length)]);
        _picture?.Begin(header, body);
    }

    void INalSink.Append(ReadOnlySpan<byte> body) => _picture?.Append(body);

    void INalSink.End() => _picture?.End();

    /// <summary>H.264: an SPS of a known profile. H.265: VPS or SPS of the base layer. Each is nothing of sense, or never used, in the other.</summary>
    internal static Codec? CodecOf(ReadOnlySpan<byte> nal)
        => nal.Length < 2 ? null
            : nal[0] is 0x40 or 0x42 && nal[1] == 1 ? Media.Codec.H265
            : (nal[0] & 0x9F) == 7 && (nal[0] & 0x60) != 0 && nal[1] is 66 or 77 or 88 or 100 or 110 or 122 or 244 or 44 or 83 or 86 or 118 or 128 && nal.Length > 3 ? Media.Codec.H264
            : null;

    private void EndLead()
    {
        var lead = _lead.AsSpan(0, _leadLength);
        _leadLength = -1;
        var own = lead.IndexOfAnyExcept((byte)0);           // zeros of a start code
        var before = _skipping ? _zeros : _feed!.TrailingZeros;
        var isStartCode = AnnexB.StartsWithStartCode(lead);
        if (isStartCode && !(_isUnaligned && before > 0))
        {
            if (IsBusy)
            {
                EndNals();                                  // one of a few bytes waits in the feed for its end: it belongs to the picture before
                if (!GoesOn(lead[(own + 1)..]))
                    EndUnit();
            }
            _packets.Enter(_coming, beganBefore: false);
        }
        else
        {
            _isUnaligned |= !isStartCode && lead.Length == LeadLength;
            var isCut = before > 0 && own >= 0 && before + own >= 2 && lead[own] == 1;
            if (isCut && !_skipping)
            {
                EndNals();                                  // the packets cut a start code: what it ends is one thing, what begins with it another
                _zeros = before;
            }
            _packets.Enter(_coming, beganBefore: isCut || _feed!.IsAtNalStart);
        }
        Append(lead);
    }

    /// <summary>
    /// More of the open picture, whatever the PTS of its packet: that is of a picture that begins behind it. A further slice; or anything, while before the cut there are only parameter sets
    /// that have a time of their own.
    /// </summary>
    private bool GoesOn(ReadOnlySpan<byte> nal)
        => nal.Length >= LeadLength - 4 && Codec is { } codec && NalHead.Read(codec, nal) is var head
            && (head is { Kind: NalKind.Slice, IsFirstSlice: false } || head.Kind != NalKind.Delimiter && _open && _picture is { HasSlice: false } && (_isStamped || _isUnaligned));

    private void Append(ReadOnlySpan<byte> bytes)
    {
        if (_skipping)
            bytes = SkipToStartCode(bytes);
        if (bytes.IsEmpty)
            return;
        try
        {
            _feed!.Append(bytes);
        }
        catch (ProtocolException)
        {
            TooLarge();
        }
    }

    private void EndNals()
    {
        (_skipping, _zeros) = (true, 0);
        try
        {
            _feed!.End();
        }
        catch (ProtocolException)
        {
            TooLarge();
        }
    }

    private void StopFeeding()
    {
        _feed?.Reset();
        (_skipping, _zeros) = (true, 0);
    }

    private void TooLarge()
    {
        Drop("access unit is too large", continues: false);
        Reset();
    }

    private ReadOnlySpan<byte> SkipToStartCode(ReadOnlySpan<byte> bytes)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] == 1 && _zeros >= 2)
            {
                _skipping = false;
                _feed ??= new(this);
                _feed.Append([0, 0, 1]);
                return bytes[(i + 1)..];
            }
            _zeros = bytes[i] == 0 ? _zeros + 1 : 0;
        }
        return default;
    }

    private void BeforeNal(ReadOnlySpan<byte> start)
    {
        Place(start);
        _packets.Next();
    }

    /// <summary>Finds out which picture a NAL unit belongs to.</summary>
    private void Place(ReadOnlySpan<byte> start)
    {
        if (CodecOf(start) is { } codec && codec != Codec)
            Begin(codec);
        if (_picture is not { } picture)
            return;
        var head = NalHead.Read(Codec!.Value, start);
        // What may only stand before the slices of a picture, behind some (H.264 7.4.1.2.3, H.265 7.4.2.4.4). Fields of one picture have no PTS between them.
        if (picture.HasSlice && (head.Kind is NalKind.Delimiter or NalKind.Vps or NalKind.Sps or NalKind.Pps or NalKind.Sei
            || head.IsFirstSlice && (!picture.Sets.Format.Interlaced || _packets.Origin is { Time: not null, IsRepeated: false })))
            EndUnit();
        if (_open)
            return;
        if (_endedByMarker && _packets.Origin.Time is null && head.Kind == NalKind.Slice && !head.IsFirstSlice)
        {
            _trust = NeverTrust;                            // the marker lied: the picture went out without this slice
            _damaged = true;
        }
        BeginUnit();
    }

    private void Begin(Codec codec)
    {
        if (_open && _picture!.HasSlice)
            Drop(PacketLoss, continues: false);
        _picture?.Dispose();
        _gate.Doubt();
        Codec = codec;
        _picture = new(codec, new PayloadWriter(ChunkPool.Video)) { DropsDelimiters = true };
        if (!_open)
            return;
        _open = false;
        _packets.Origin.Time ??= _time;
    }

    private void BeginUnit()
    {
        ref var packet = ref _packets.Origin;
        var isMore = _damaged;
        var before = _time;
        _time = packet.Time ?? output.Guess(_hasTime ? before : null, _transportTime, packet.TransportTime);
        _isStamped = packet.Time is not null && !(_hasTime && _time.Dts <= before.Dts);
        packet.Time = null;
        (_hasTime, _transportTime, _arrivalUs) = (true, packet.TransportTime, packet.ArrivalUs);
        (_open, _markerInUnit, _endedByMarker) = (true, packet.HasMarker, false);
        var step = _time.Dts - before.Dts;
        if (_unseenLoss && !isMore && !(step > 0 && step <= _usualStep + _usualStep / 2) && _gate.Lose(continues: false))
            output.LostPictures(1, PacketLoss);             // else no picture is missing between the two
        _unseenLoss = false;
        if (step is > 0 and < 90_000)
            _usualStep = _usualStep == 0 ? step : Math.Min(step, _usualStep + _usualStep / 32 + 1);
    }

    private bool IsBusy => _open || _feed is { IsInsideNal: true };

    private void EndUnit()
    {
        if (!_open || _picture is not { } picture)
            return;                                         // nothing of a known codec
        if (!picture.HasSlice)
        {
            if (_damaged)
                picture.Discard();
            (_open, _damaged, _markerInUnit) = (false, false, false);
            return;                                         // parameter sets in a packet of their own: the picture follows
        }
        _open = false;
        if (_trust is >= 0 and < MarkersToTrust)
            _trust = _markerInUnit ? _trust + 1 : 0;
        var damaged = _damaged;
        (_damaged, _markerInUnit) = (false, false);
        if (damaged || !picture.HasFirstSlice)
            Lose(continues: false);
        else if (_gate.Look(picture, picture.Sets.IsComplete || picture.HasOwnSets) is var found and not Decodability.Usable)
            Lose(continues: found == Decodability.SkippedLeading);
        else
        {
            var (isSync, lossBefore) = (picture.IsSync, _gate.Pass(picture));
            output.Picture(this, picture.Take(), _time, isSync, lossBefore, _arrivalUs);
            return;
        }
        picture.Discard();
    }

    private void Drop(string why, bool continues)
    {
        _picture?.Discard();
        Lose(continues, why);
    }

    private void Lose(bool continues, string why = PacketLoss)
    {
        if (_gate.Lose(continues))
            output.LostPictures(1, why);
    }

    private void Reset()
    {
        StopFeeding();
        _picture?.Discard();
        (_open, _damaged, _leadLength, _markerInUnit, _endedByMarker) = (false, false, -1, false, false);
        _packets.Forget();
    }
}
