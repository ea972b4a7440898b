using System.Buffers.Binary;

namespace EdgeRecorder.Simulators.Terminal.Media;

/// <summary>One track of a stream on its way: where it stands in the clip, and the numbers its packets carry.</summary>
internal sealed class UnitSender(MediaTrack track, MediaStream stream)
{
    private const int LargestRun = 256 * 1024;                 // bytes handed over at once

    private const int LargestPacket = 64 * 1024 + MediaPacket.LargestHeader;

    private static readonly byte[] _packet = new byte[LargestPacket];   // for the pacer's thread, which is the only one here
    private readonly List<SentUnit> _sent = [];
    private byte[]? _held;
    private int _heldLength;
    private long _dropCounter, _duplicateCounter, _reorderCounter, _strangerCounter, _emptyCounter;
    private long _lastSyncMs = -1, _lastMs = -1;
    private bool _isOpened;

    public MediaTrack Track => track;

    /// <summary>Units since the beginning of media time; what was skipped is counted too.</summary>
    public long Position { get; private set; }

    /// <summary>The first position that is not sent.</summary>
    public long End { get; set; } = long.MaxValue;

    /// <summary>1: every unit; otherwise from sync sample to sync sample, forward or back.</summary>
    public int SyncStep { get; set; }

    public bool IsOn { get; set; } = true;
    public ushort OwnSequence { get; set; }
    public long UnitsSent { get; private set; }
    public long SyncsSent { get; private set; }
    public long UnitsDamaged { get; private set; }
    public long Bytes { get; private set; }

    public bool IsAtEnd => SyncStep < 0 ? Position < 0 : Position >= End;

    public long Rounds => Position / track.Units.Length;

    /// <summary>Media time in seconds at which the next unit goes out.</summary>
    public double NextDue => stream.DueOf(track.SecondsOf(Position));

    public IReadOnlyList<SentUnit> Sent => _sent;

    private int Index => (int)(Position % track.Units.Length);

    /// <summary>Goes to a place, for video to the sync sample at or before it.</summary>
    public void Seek(double seconds, bool before)
    {
        Position = track.UnitAt(seconds);
        while (before && Position > 0 && !track.Units[Index].IsSync)
            Position--;
    }

    /// <summary>Goes to where a camera that films since media time 0 would be, at its next sync sample.</summary>
    public void Join(double seconds)
    {
        Position = track.UnitAt(seconds);
        while (!track.Units[Index].IsSync)
            Position++;
    }

    /// <summary>Sends the units whose time has come, as far as they lie together in the clip. False: none was due.</summary>
    public bool SendDue(double mediaTime, MediaLink link, Faults faults)
    {
        if (IsAtEnd || NextDue > mediaTime)
            return false;
        if (!IsOn)
        {
            Step();
            return true;
        }
        var isOpening = !_isOpened && track.Opening is not null && track.Units[Index].IsSync;
        var first = isOpening ? track.Opening!.Value : track.Units[Index];
        _isOpened |= isOpening;
        int packets = 0, units = 0, length = 0;
        var begin = Position;
        bool goesOn;
        do
        {
            var unit = isOpening ? first : track.Units[Index];
            Stamp(unit, faults);
            units++;
            packets += unit.PacketCount;
            length += track.Packets[unit.FirstPacket + unit.PacketCount] - track.Packets[unit.FirstPacket];
            Step();
            goesOn = !isOpening && SyncStep == 0 && Index != 0;
        }
        while (goesOn && length < LargestRun && !IsAtEnd && NextDue <= mediaTime);

        MediaUnit UnitAt(long position) => isOpening ? first : track.Units[(int)(position % track.Units.Length)];
        if (faults.TouchesPackets || stream.DropOnce > 0)
        {
            for (var i = 0; i < units; i++)
                Account(UnitAt(begin + i), begin + i, SendFaulty(UnitAt(begin + i), link, faults));
            return true;
        }
        link.Send(track, first.FirstPacket, packets);
        stream.PacketsSent += packets;
        for (var i = 0; i < units; i++)
            Account(UnitAt(begin + i), begin + i, isDamaged: false);
        return true;
    }

    private void Step()
    {
        if (SyncStep == 0)
        {
            Position++;
            return;
        }
        do
            Position += SyncStep;
        while (Position >= 0 && !track.Units[Index].IsSync);
    }

    private void Account(in MediaUnit unit, long position, bool isDamaged)
    {
        var bytes = track.Elementary.AsSpan(unit.Elementary);
        UnitsSent++;
        SyncsSent += unit.IsSync ? 1 : 0;
        UnitsDamaged += isDamaged ? 1 : 0;
        Bytes += bytes.Length;
        stream.Keep(track.Format.IsVideo, bytes);
        if (_sent.Count < stream.Remembered)
            _sent.Add(new SentUnit(stream.TimestampOf(track.TimestampMs(position)), bytes.Length, unit.IsSync, isDamaged, unit.Digest));
    }

    private void Stamp(in MediaUnit unit, Faults faults)
    {
        var timestamp = faults.ConstantTimestamps ? stream.ConstantTimestamp : stream.TimestampOf(track.TimestampMs(Position));
        var syncInterval = Interval(timestamp, _lastSyncMs);
        var interval = Interval(timestamp, _lastMs);
        var sim = track.SimBytes;
        for (var i = unit.FirstPacket; i < unit.FirstPacket + unit.PacketCount; i++)
        {
            var header = track.Wire.AsSpan(track.Packets[i]);
            BinaryPrimitives.WriteUInt16BigEndian(header[MediaPacket.SequenceOffset..], stream.NextSequence(this, faults));
            stream.Sim.CopyTo(header[MediaPacket.SimOffset..]);
            header[MediaPacket.ChannelOffset(sim)] = stream.Channel;
            BinaryPrimitives.WriteInt64BigEndian(header[MediaPacket.TimestampOffset(sim)..], timestamp);
            if (!track.Format.IsVideo)
                continue;
            BinaryPrimitives.WriteUInt16BigEndian(header[MediaPacket.IntervalsOffset(sim)..], syncInterval);
            BinaryPrimitives.WriteUInt16BigEndian(header[(MediaPacket.IntervalsOffset(sim) + 2)..], interval);
        }
        _lastMs = timestamp;
        if (unit.IsSync)
            _lastSyncMs = timestamp;
    }

    private static ushort Interval(long now, long last) => last < 0 ? (ushort)0 : (ushort)Math.Clamp(now - last, 0, ushort.MaxValue);

    /// <summary>Sends a unit packet by packet as the faults will have it; true when one of them was lost.</summary>
    private bool SendFaulty(in MediaUnit unit, MediaLink link, Faults faults)
    {
        var isDamaged = false;
        for (var i = unit.FirstPacket; i < unit.FirstPacket + unit.PacketCount; i++)
        {
            if (stream.DropOnce > 0 || IsNth(ref _dropCounter, faults.DropEvery))
            {
                stream.DropOnce = Math.Max(0, stream.DropOnce - 1);
                stream.PacketsDropped++;
                isDamaged = true;
                continue;
            }
            var packet = track.Wire.AsSpan(track.Packets[i]..track.Packets[i + 1]);
            packet.CopyTo(_packet);
            var changed = _packet.AsSpan(0, packet.Length);
            Falsify(changed, faults);
            // Held back behind its successor, within the unit.
            if (_heldLength == 0 && i + 1 < unit.FirstPacket + unit.PacketCount && IsNth(ref _reorderCounter, faults.ReorderEvery))
            {
                changed.CopyTo(_held ??= new byte[LargestPacket]);
                _heldLength = changed.Length;
                continue;
            }
            Send(changed, link);
            if (IsNth(ref _duplicateCounter, faults.DuplicateEvery))
                Send(changed, link);
            ReleaseHeld(link);
            if (IsNth(ref _strangerCounter, faults.StrangerEvery))
            {
                changed.Slice(MediaPacket.SimOffset, track.SimBytes).Fill(0x99);
                Send(changed, link);
            }
        }
        ReleaseHeld(link);
        if (track.Format.IsVideo && IsNth(ref _emptyCounter, faults.EmptyEvery))
            SendEmpty(link, faults);
        return isDamaged;
    }

    private void Falsify(Span<byte> packet, Faults faults)
    {
        ref var type = ref packet[MediaPacket.TypeOffset(track.SimBytes)];
        switch (faults.Flags)
        {
            case FlagFault.Swap when (type & 0xF) is (byte)PackageFlag.Last or (byte)PackageFlag.Middle:
                type ^= 1;                                     // 2 and 3
                break;
            case FlagFault.Atomic:
                type &= 0xF0;
                break;
            case FlagFault.Marker:
                packet[5] ^= 0x80;
                break;
        }
        if (track.Format.IsVideo)
        {
            if (faults.ClaimedType is { } claimed)
                type = (byte)(type & 0xF | (byte)claimed << 4);
        }
        else if (faults.AudioPayloadType is { } payloadType)
        {
            packet[5] = (byte)(packet[5] & 0x80 | payloadType);
        }
    }

    /// <summary>A P frame of no bytes behind the one that was sent.</summary>
    private void SendEmpty(MediaLink link, Faults faults)
    {
        var size = MediaPacket.WriteHeader(
            _packet, track.Format.PayloadType, true, stream.NextSequence(this, faults), "0", track.SimBytes, stream.Channel, DataType.VideoP, PackageFlag.Atomic, _lastMs, 0, 0, 0);
        stream.Sim.CopyTo(_packet.AsSpan(MediaPacket.SimOffset));
        Send(_packet.AsSpan(0, size), link);
    }

    private void ReleaseHeld(MediaLink link)
    {
        if (_heldLength > 0)
            Send(_held.AsSpan(0, _heldLength), link);
        _heldLength = 0;
    }

    private void Send(ReadOnlySpan<byte> packet, MediaLink link)
    {
        link.Send(packet);
        stream.PacketsSent++;
    }

    private static bool IsNth(ref long counter, int every) => every > 0 && ++counter % every == 0;
}

/// <summary>A unit that went out.</summary>
/// <param name="TimestampMs">As its packets said, unless timestamps were constant.</param>
/// <param name="Bytes">Of its NAL units, or of the audio frame.</param>
/// <param name="Digest">First 8 bytes of their SHA-256, in hex.</param>
internal readonly record struct SentUnit(long TimestampMs, int Bytes, bool IsSync, bool IsDamaged, string Digest);
