namespace EdgeRecorder.H26x;

/// <summary>
/// Cuts one access unit of a byte stream (Annex B), which comes in pieces of any size, into NAL units and hands them on, in most cases to a <see cref="PictureWriter"/>: each byte is copied once, into
/// its payload. Start codes of three and four bytes, also across pieces; zeros behind a NAL unit are dropped. A unit that does not begin with a start code is one that
/// lacks its first (seen from terminals that cut it off).
/// </summary>
internal sealed class AnnexBFeed(INalSink nals)
{
    private const int HeadLength = 12;                      // what NalHead wants to see, and what SEI and sets are longer than

    private readonly byte[] _head = new byte[HeadLength];
    private int _headLength;                                // bytes of a NAL unit that was not begun yet
    private int _zeros;                                     // at the end of the last piece: a start code's, or the NAL unit's own
    private State _state;

    private enum State : byte { Outside, Head, Body }

    /// <summary>The unit began with a start code.</summary>
    public bool HasStartCode { get; private set; }

    /// <summary>A NAL unit has begun, and may be too short to have been handed on.</summary>
    public bool IsInsideNal => _state == State.Body || _state == State.Head && _headLength > 0;

    /// <summary>A start code was there, and what stands behind it was not handed on yet.</summary>
    public bool IsAtNalStart => _state == State.Head;

    /// <summary>Zeros that came last: of a start code, or behind a NAL unit.</summary>
    public int TrailingZeros => _zeros;

    /// <summary>Forgets the open unit; the next piece begins another.</summary>
    public void Reset() => (_state, _headLength, _zeros, HasStartCode) = (State.Outside, 0, 0, false);

    /// <exception cref="Bytes.ProtocolException">The access unit is too large.</exception>
    public void Append(ReadOnlySpan<byte> piece)
    {
        if (_state == State.Outside || _zeros > 0)
            piece = AfterZeros(piece);
        ReadOnlySpan<byte> startCode = [0, 0, 1];
        int at;
        while ((at = piece.IndexOf(startCode)) >= 0)
        {
            Write(piece[..at].TrimEnd((byte)0));
            BeginNal();
            piece = piece[(at + startCode.Length)..];
        }
        var own = piece.TrimEnd((byte)0);
        Write(own);
        _zeros += piece.Length - own.Length;
    }

    /// <summary>The unit is complete.</summary>
    public void End()
    {
        EndNal();
        Reset();
    }

    /// <summary>Decides what the zeros at the end of the last piece were. Returns what is left of this one.</summary>
    private ReadOnlySpan<byte> AfterZeros(ReadOnlySpan<byte> piece)
    {
        var more = piece.IndexOfAnyExcept((byte)0);
        if (more < 0)
            return piece;                                   // counted at its end
        if (_zeros + more >= 2 && piece[more] == 1)
        {
            HasStartCode |= _state == State.Outside;
            BeginNal();
            _zeros = 0;
            return piece[(more + 1)..];
        }
        if (_state == State.Outside)
            BeginNal();
        ReadOnlySpan<byte> zeros = [0, 0, 0, 0];
        for (; _zeros > 0; _zeros -= Math.Min(_zeros, zeros.Length))
            Write(zeros[..Math.Min(_zeros, zeros.Length)]);
        return piece;
    }

    private void BeginNal()
    {
        EndNal();
        (_state, _headLength) = (State.Head, 0);
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        if (_state == State.Head && bytes.Length > 0)
        {
            if (_headLength == 0 && bytes.Length >= HeadLength)
            {
                nals.Begin(bytes[..1], bytes[1..]);
                _state = State.Body;
                return;
            }
            var count = Math.Min(bytes.Length, HeadLength - _headLength);
            bytes[..count].CopyTo(_head.AsSpan(_headLength));
            _headLength += count;
            if (_headLength < HeadLength)
                return;
            nals.Begin(_head.AsSpan(0, 1), _head.AsSpan(1));
            _state = State.Body;
            bytes = bytes[count..];
        }
        if (bytes.Length > 0)
            nals.Append(bytes);
    }

    private void EndNal()
    {
        if (_state == State.Body)
            nals.End();
        else if (_state == State.Head && _headLength > 0)
            nals.Write(_head.AsSpan(0, _headLength));
        _headLength = 0;
    }
}
