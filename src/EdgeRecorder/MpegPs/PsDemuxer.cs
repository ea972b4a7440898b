namespace EdgeRecorder.MpegPs;

/// <summary>What a demuxer finds, in the order of the stream.</summary>
internal interface IProgramStreamSink
{
    void Map(ReadOnlySpan<MappedStream> streams);

    void BeginPes(byte streamId, PesStamps stamps);

    /// <summary>A piece of the open packet's payload, gone after the call.</summary>
    void PesData(ReadOnlySpan<byte> bytes);

    /// <param name="isWhole">It came to the end that it said it has, or to one that can be believed.</param>
    void EndPes(bool isWhole);

    /// <summary>What should follow is not there, and nobody said that anything was lost.</summary>
    void OutOfSync();
}

/// <summary>
/// Takes a program stream apart (ISO/IEC 13818-1, 2.5) that comes in pieces of any size: payloads go on as slices of what came, only heads that a piece cuts are kept. Lengths decide where
/// an element ends; nothing is searched for while they are right.
/// </summary>
/// <remarks>One thread. The longest thing ever kept is a program stream map.</remarks>
internal sealed class PsDemuxer(IProgramStreamSink sink)
{
    /// <summary>ISO/IEC 13818-1 allows 1018 bytes behind the length.</summary>
    private const int LongestMap = 4096;

    private readonly byte[] _kept = new byte[LongestMap];
    private int _keptLength;
    private State _state = State.Searching;
    private int _left;                                      // of the body
    private byte _streamId;                                 // of the open packet, or the last
    private bool _afterPacket;                              // the element before was a packet of video that said its length

    private enum State : byte { Searching, AtElement, InMap, InPacket, InUnbounded, Skipping }

    /// <summary>Between elements: nothing of a packet is missing.</summary>
    public bool IsAtElement => _state == State.AtElement && _keptLength == 0;

    /// <summary>Packets of video that were longer than they said.</summary>
    public long Overruns { get; private set; }

    /// <param name="beginsFrame">The first bytes of what its transport calls a frame: after a loss the stream is taken up there, else at the next pack.</param>
    public void Feed(ReadOnlySpan<byte> piece, bool beginsFrame)
    {
        if (_state == State.Searching && beginsFrame && ElementHead.Read(piece, out _) == HeadState.Valid)
            (_state, _keptLength) = (State.AtElement, 0);
        else if (_state == State.InPacket && StreamId.IsVideo(_streamId) && IsPack(piece))
        {
            // Coded video cannot contain a pack header: the rest of this packet never comes.
            sink.EndPes(isWhole: false);
            sink.OutOfSync();
            _state = State.AtElement;
        }
        Run(piece);
    }

    /// <summary>Its transport says that a frame has ended here: so has a packet that does not say its length.</summary>
    public void EndFrame()
    {
        if (_state != State.InUnbounded)
            return;
        sink.PesData(_kept.AsSpan(0, _keptLength));
        EndPacket(isWhole: true);
    }

    /// <summary>Something between what came and what will come is lost.</summary>
    public void Break()
    {
        if (_state is State.InPacket or State.InUnbounded)
            sink.EndPes(isWhole: false);
        (_state, _keptLength, _afterPacket) = (State.Searching, 0, false);
    }

    private static bool IsPack(ReadOnlySpan<byte> piece)
        => piece.Length > 4 && piece[3] == StreamId.Pack && piece[4] != 0 && ElementHead.Read(piece, out _) != HeadState.Invalid;

    private void Run(ReadOnlySpan<byte> piece)
    {
        while (!piece.IsEmpty)
            piece = _state switch
            {
                State.Searching => Search(piece),
                State.AtElement => Element(piece),
                State.InUnbounded => Unbounded(piece),
                _ => Body(piece),
            };
    }

    /// <summary>To the next pack header.</summary>
    private ReadOnlySpan<byte> Search(ReadOnlySpan<byte> piece)
    {
        ReadOnlySpan<byte> pack = [0, 0, 1, StreamId.Pack];
        while (_keptLength > 0 && !piece.IsEmpty)           // the beginning of one ended the last piece
        {
            _kept[_keptLength++] = piece[0];
            piece = piece[1..];
            while (!pack.StartsWith(_kept.AsSpan(0, _keptLength)))
                _kept.AsSpan(1, --_keptLength).CopyTo(_kept);
            if (_keptLength == pack.Length)
            {
                _state = State.AtElement;
                return piece;
            }
        }
        var at = piece.IndexOf(pack);
        if (at >= 0)
        {
            _state = State.AtElement;
            return piece[at..];
        }
        var tail = piece[Math.Max(0, piece.Length - pack.Length + 1)..];
        while (!tail.IsEmpty && !pack.StartsWith(tail))
            tail = tail[1..];
        if (_keptLength == 0)
            Keep(tail);
        return default;
    }

    private ReadOnlySpan<byte> Element(ReadOnlySpan<byte> piece)
    {
        if (_keptLength == 0)
        {
            switch (ElementHead.Read(piece, out var head))
            {
                case HeadState.Valid:
                    Start(head);
                    return piece[head.Length..];
                case HeadState.Incomplete:
                    Keep(piece);
                    return default;
                default:
                    return Lost(piece);
            }
        }
        var before = _keptLength;
        var more = piece[..Math.Min(piece.Length, ElementHead.LongestLength - before)];
        Keep(more);
        switch (ElementHead.Read(_kept.AsSpan(0, _keptLength), out var found))
        {
            case HeadState.Incomplete:
                return piece[more.Length..];
            case HeadState.Valid when found.Length > before:
                _keptLength = 0;
                Start(found);
                return piece[(found.Length - before)..];
            case HeadState.Valid:
                _keptLength = before;
                Start(found);
                RunKept(found.Length);
                return piece;
            default:
                _keptLength = before;
                if (!TryOverrun())
                {
                    OutOfSync();
                    _keptLength = before;
                    RunKept(1);
                }
                else
                    RunKept(0);
                return piece;
        }
    }

    /// <summary>What was kept comes once more, from <paramref name="from"/> on. It is shorter than what was kept, and nothing is when this begins: it goes no deeper.</summary>
    private void RunKept(int from)
    {
        Span<byte> copy = stackalloc byte[ElementHead.LongestLength];
        copy = copy[..(_keptLength - from)];
        _kept.AsSpan(from, copy.Length).CopyTo(copy);
        _keptLength = 0;
        Run(copy);
    }

    private ReadOnlySpan<byte> Lost(ReadOnlySpan<byte> piece)
    {
        if (TryOverrun())
            return piece;
        OutOfSync();
        return piece[1..];
    }

    /// <summary>Packets of some recorders are longer than they say: what follows video goes on with it, up to the next start code that can be none of video.</summary>
    private bool TryOverrun()
    {
        if (!_afterPacket)
            return false;
        _afterPacket = false;
        Overruns++;
        _state = State.InUnbounded;
        sink.BeginPes(_streamId, default);
        return true;
    }

    private void OutOfSync()
    {
        (_state, _keptLength, _afterPacket) = (State.Searching, 0, false);
        sink.OutOfSync();
    }

    private void Start(in ElementHead head)
    {
        _afterPacket = false;
        _left = head.BodyLength ?? 0;
        switch (head.Kind)
        {
            case ElementKind.Pes:
                _streamId = head.StreamId;
                _state = head.BodyLength is null ? State.InUnbounded : State.InPacket;
                sink.BeginPes(_streamId, head.Stamps);
                if (head.BodyLength == 0)
                    EndPacket(isWhole: true);
                break;
            case ElementKind.Map when _left is > 0 and <= LongestMap:
                _state = State.InMap;
                break;
            default:
                _state = _left > 0 ? State.Skipping : State.AtElement;
                break;
        }
    }

    private ReadOnlySpan<byte> Body(ReadOnlySpan<byte> piece)
    {
        var taken = piece[..Math.Min(piece.Length, _left)];
        _left -= taken.Length;
        if (_state == State.InPacket)
        {
            sink.PesData(taken);
            if (_left == 0)
                EndPacket(isWhole: true);
        }
        else if (_state == State.Skipping)
            _state = _left == 0 ? State.AtElement : State.Skipping;
        else if (_left > 0)
            Keep(taken);
        else
            ReadMap(taken);
        return piece[taken.Length..];
    }

    private void ReadMap(ReadOnlySpan<byte> end)
    {
        Span<MappedStream> streams = stackalloc MappedStream[ProgramStreamMap.MostStreams];
        int count;
        if (_keptLength == 0)
            count = ProgramStreamMap.Read(end, streams);
        else
        {
            Keep(end);
            count = ProgramStreamMap.Read(_kept.AsSpan(0, _keptLength), streams);
        }
        (_keptLength, _state) = (0, State.AtElement);
        if (count > 0)
            sink.Map(streams[..count]);
    }

    /// <summary>A packet without a length goes on up to a start code that can be none of video and has a valid head behind it.</summary>
    private ReadOnlySpan<byte> Unbounded(ReadOnlySpan<byte> piece)
    {
        if (_keptLength > 0)
        {
            var before = _keptLength;
            var more = piece[..Math.Min(piece.Length, ElementHead.LongestLength - before)];
            Keep(more);
            switch (ElementHead.Read(_kept.AsSpan(0, _keptLength), out _))
            {
                case HeadState.Incomplete:
                    return piece[more.Length..];
                case HeadState.Valid:
                    _keptLength = before;                   // read once more as an element
                    EndPacket(isWhole: true, keep: true);
                    return piece;
                default:
                    sink.PesData(_kept.AsSpan(0, 1));
                    _keptLength = before;
                    RunKept(1);
                    return piece;
            }
        }
        ReadOnlySpan<byte> startCode = [0, 0, 1];
        for (var from = 0; ;)
        {
            var at = piece[from..].IndexOf(startCode);
            if (at < 0)
                break;
            at += from;
            var state = ElementHead.Read(piece[at..], out _);
            if (state == HeadState.Invalid)
            {
                from = at + startCode.Length;
                continue;
            }
            sink.PesData(piece[..at]);
            if (state == HeadState.Valid)
            {
                EndPacket(isWhole: true);
                return piece[at..];
            }
            Keep(piece[at..]);
            return default;
        }
        var zeros = piece[^1] != 0 ? 0 : piece.Length > 1 && piece[^2] == 0 ? 2 : 1;
        sink.PesData(piece[..^zeros]);
        Keep(piece[^zeros..]);
        return default;
    }

    private void EndPacket(bool isWhole, bool keep = false)
    {
        _afterPacket = _state == State.InPacket && StreamId.IsVideo(_streamId);
        _state = State.AtElement;
        if (!keep)
            _keptLength = 0;
        sink.EndPes(isWhole);
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_kept.AsSpan(_keptLength));
        _keptLength += bytes.Length;
    }
}
