using EdgeRecorder.Bytes;
using EdgeRecorder.Media;

namespace EdgeRecorder.H26x;

/// <summary>
/// Writes the NAL units of one access unit as they come, each byte once, and sees to what every access unit of ours has: 4-byte lengths,
/// all parameter sets before a sync sample, no filler. Where one picture ends is decided by whoever calls.
/// </summary>
/// <remarks>Slices go straight into the payload, also in pieces. Everything else is small and is collected first. One thread.</remarks>
internal sealed class PictureWriter(Codec codec, PayloadWriter writer) : INalSink, IDisposable
{
    /// <summary>Bound of one access unit: an IDR picture of 8K at the highest level stays below.</summary>
    public const int LargestUnit = 8 * 1024 * 1024;

    /// <summary>SEI of some vendors carry snapshots of analytics; what is longer than this is skipped.</summary>
    private const int LongestNonSlice = 64 * 1024;

    private byte[] _collected = new byte[256];              // a NAL unit other than a slice that comes in pieces
    private byte[] _held = [];                              // SEI in front of the first slice, with their lengths
    private int _collectedLength;
    private int _heldLength;
    private PayloadWriter.NalMark _mark;
    private State _state;
    private bool _recoveryPoint;
    private bool _spsInUnit;
    private bool _ppsInUnit;
    private bool _setsInUnit;

    private enum State : byte { Idle, Slice, Collecting, Skipping }

    public ParameterSets Sets { get; } = new(codec);

    /// <summary>Access unit delimiters are left out.</summary>
    public bool DropsDelimiters { get; init; }

    /// <summary>Parameter sets changed since the last time somebody asked.</summary>
    public bool SetsChanged { get; set; }

    public bool HasSlice { get; private set; }
    public bool HasFirstSlice { get; private set; }
    public bool IsSync { get; private set; }
    public bool IsReference { get; private set; }
    public bool IsSkippedLeading { get; private set; }
    public bool IsLeading { get; private set; }

    /// <summary>The access unit brings SPS and PPS, whether our reader can follow them or not.</summary>
    public bool HasOwnSets => _spsInUnit && _ppsInUnit;

    /// <summary>The access unit passed <see cref="LargestUnit"/>.</summary>
    public bool IsTooLarge { get; private set; }

    /// <summary>A NAL unit was begun and not ended.</summary>
    public bool IsInsideNal => _state != State.Idle;

    /// <summary>One whole NAL unit.</summary>
    /// <exception cref="ProtocolException">The access unit grows beyond <see cref="LargestUnit"/>.</exception>
    public void Write(ReadOnlySpan<byte> nal)
    {
        var head = NalHead.Read(codec, nal);
        if (head.Kind == NalKind.Slice)
        {
            BeginSlice(head);
            CheckRoom(nal.Length);
            writer.WriteNal(nal);
        }
        else
            WriteNonSlice(head.Kind, nal);
    }

    /// <summary>The beginning of a NAL unit that comes in pieces.</summary>
    /// <param name="header">Its header, which the fragments do not repeat.</param>
    /// <param name="body">The first piece behind it.</param>
    public void Begin(ReadOnlySpan<byte> header, ReadOnlySpan<byte> body)
    {
        Span<byte> start = stackalloc byte[12];
        header.CopyTo(start);
        var shown = body[..Math.Min(body.Length, start.Length - header.Length)];
        shown.CopyTo(start[header.Length..]);
        var head = NalHead.Read(codec, start[..(header.Length + shown.Length)]);
        if (head.Kind == NalKind.Slice)
        {
            BeginSlice(head);
            _mark = writer.BeginNal();
            _state = State.Slice;
        }
        else
        {
            _collectedLength = 0;
            _state = State.Collecting;
        }
        Append(header);
        Append(body);
    }

    public void Append(ReadOnlySpan<byte> body)
    {
        if (_state == State.Slice)
        {
            CheckRoom(body.Length);
            writer.Write(body);
        }
        else if (_state == State.Collecting && _collectedLength + body.Length <= LongestNonSlice)
            Collect(ref _collected, ref _collectedLength, body);
        else
            _state = State.Skipping;
    }

    public void End()
    {
        var state = _state;
        _state = State.Idle;
        if (state == State.Slice)
            writer.EndNal(_mark);
        else if (state == State.Collecting && _collectedLength > 0)
        {
            var nal = _collected.AsSpan(0, _collectedLength);
            WriteNonSlice(NalHead.Read(codec, nal).Kind, nal);
        }
    }

    /// <summary>Closes the access unit; its payload passes to the caller. The properties describe the next one from here on.</summary>
    public Payload Take()
    {
        if (IsInsideNal)
            End();
        ReleaseHeld();
        Reset();
        return writer.Take();
    }

    /// <summary>Throws the access unit away; parameter sets learnt from it stay.</summary>
    public void Discard()
    {
        writer.Discard();
        _heldLength = 0;
        Reset();
    }

    public void Dispose() => writer.Dispose();

    private void BeginSlice(NalHead head)
    {
        if (!HasSlice)
        {
            HasSlice = true;
            // Neither IDR nor recovery point, but an SPS and an I slice: cheap cameras mark their key pictures so; FFmpeg's parser starts there too.
            IsSync = head.IsRandomAccess || _recoveryPoint || head.IsIntra && _spsInUnit;
            IsSkippedLeading = head.IsSkippedLeading;
            IsLeading = head.IsLeading;
            if (IsSync || _setsInUnit)
                Sets.WriteTo(writer);
            ReleaseHeld();
        }
        HasFirstSlice |= head.IsFirstSlice;
        IsReference |= head.IsReference;
    }

    private void WriteNonSlice(NalKind kind, ReadOnlySpan<byte> nal)
    {
        switch (kind)
        {
            case NalKind.Filler:
            case NalKind.Delimiter when DropsDelimiters:
                return;
            case NalKind.Vps or NalKind.Sps or NalKind.Pps:
                var outcome = Sets.Add(nal);
                SetsChanged |= outcome == SetOutcome.New;
                _spsInUnit |= kind == NalKind.Sps;
                _ppsInUnit |= kind == NalKind.Pps;
                if (outcome == SetOutcome.Refused || HasSlice)
                    break;
                _setsInUnit = true;                         // all of them are written before the first slice, SPS before PPS
                return;
            case NalKind.Sei when !HasSlice:
                _recoveryPoint |= Sei.HasRecoveryPoint(codec, nal);
                if (_heldLength + nal.Length <= LongestNonSlice)
                    Hold(nal);                              // parameter sets may have to stand before it
                return;
        }
        CheckRoom(nal.Length);
        writer.WriteNal(nal);
    }

    private void Hold(ReadOnlySpan<byte> nal)
    {
        Span<byte> length = stackalloc byte[4];
        new ByteWriter(length).U32((uint)nal.Length);
        Collect(ref _held, ref _heldLength, length);
        Collect(ref _held, ref _heldLength, nal);
    }

    private void ReleaseHeld()
    {
        writer.Write(_held.AsSpan(0, _heldLength));
        _heldLength = 0;
    }

    private void Reset()
    {
        (HasSlice, HasFirstSlice, IsSync, IsReference, IsSkippedLeading, IsLeading) = (false, false, false, false, false, false);
        (_recoveryPoint, _spsInUnit, _ppsInUnit, _setsInUnit, _state) = (false, false, false, false, State.Idle);
    }

    private void CheckRoom(int count)
    {
        IsTooLarge = writer.Length + count > LargestUnit;
        if (IsTooLarge)
            throw new ProtocolException(codec == Codec.H264 ? "H.264" : "H.265", writer.Length, "access unit", $"is larger than {LargestUnit} bytes");
    }

    private static void Collect(ref byte[] target, ref int length, ReadOnlySpan<byte> bytes)
    {
        if (length + bytes.Length > target.Length)
            Array.Resize(ref target, Math.Max(target.Length * 2, length + bytes.Length));
        bytes.CopyTo(target.AsSpan(length));
        length += bytes.Length;
    }
}
