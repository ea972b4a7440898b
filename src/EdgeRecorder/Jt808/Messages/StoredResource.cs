using EdgeRecorder.Bytes;

namespace EdgeRecorder.Jt808;

/// <summary>Stream numbers of live requests (0x9101, 0x9102).</summary>
internal enum LiveStream : byte { Main = 0, Sub = 1 }

/// <summary>Stream numbers of stored footage (0x9201, 0x9205, 0x9206, 0x1205): one higher than those of live requests.</summary>
internal enum StoredStream : byte { Either = 0, Main = 1, Sub = 2 }

/// <summary>What a stored resource holds. The last value is for queries only.</summary>
internal enum StoredKind : byte { AudioVideo = 0, Audio = 1, Video = 2, AnyVideo = 3 }

internal enum StorageUnit : byte { Either = 0, Main = 1, Backup = 2 }

/// <summary>One item of 0x1205: footage on the terminal's own storage, in the terminal's own time (see <see cref="WireTime"/>).</summary>
/// <param name="Alarms">Low 32 bits are <see cref="AlarmBits"/>, high 32 <see cref="VideoAlarmBits"/>.</param>
internal sealed record StoredResource(byte Channel, DateTime From, DateTime To, ulong Alarms, StoredKind Kind, StoredStream Stream, StorageUnit Storage, uint SizeBytes)
{
    /// <summary>The items of 0x1205 behind its serial number. Its count and the packages' seams are not trusted: what is whole counts; an item without real times is left out.</summary>
    /// <exception cref="ProtocolException">Not even the count is there.</exception>
    public static IReadOnlyList<StoredResource> ParseList(ReadOnlySpan<byte> body, out ushort replyTo)
    {
        const int ItemLength = 28;
        var reader = new ByteReader(body, TerminalMessage.Protocol);
        replyTo = reader.U16("serial number");
        reader.U32("total");
        List<StoredResource> items = [];
        while (reader.Remaining >= ItemLength)
        {
            var channel = reader.U8("channel");
            var from = WireTime.Read(ref reader, "start");
            var to = WireTime.Read(ref reader, "end");
            var (alarms, kind, stream, storage, size) = (reader.U64("alarms"), reader.U8("type"), reader.U8("stream"), reader.U8("storage"), reader.U32("size"));
            if (from is { } start && to is { } end)
                items.Add(new(channel, start, end, alarms, (StoredKind)kind, (StoredStream)stream, (StorageUnit)storage, size));
        }
        return items;
    }
}
