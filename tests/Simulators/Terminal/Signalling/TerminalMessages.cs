namespace EdgeRecorder.Simulators.Terminal.Signalling;

/// <summary>A run of footage on the terminal's own storage, as 0x1205 lists it.</summary>
/// <param name="Start">The terminal's time, as is <paramref name="End"/>.</param>
/// <param name="Alarm">Low 32 bits: alarm word of 0x0200; high 32: video alarms of item 0x14.</param>
/// <param name="Type">0 audio and video, 1 audio, 2 video.</param>
/// <param name="Stream">1 main, 2 sub.</param>
/// <param name="Storage">1 main, 2 backup.</param>
internal sealed record StoredItem(byte Channel, DateTime Start, DateTime End, ulong Alarm, byte Type, byte Stream, byte Storage, uint SizeBytes);

/// <summary>0x1003: what the terminal can send.</summary>
/// <param name="SampleRate">0 = 8 kHz, 1 = 22.05, 2 = 44.1, 3 = 48.</param>
/// <param name="SampleBits">0 = 8, 1 = 16, 2 = 32.</param>
internal sealed record AvAttributes(
    byte AudioCodec, byte AudioChannels, byte SampleRate, byte SampleBits, ushort AudioFrameLength, bool HasAudioOutput, byte VideoCodec,
    byte MaxAudioChannels, byte MaxVideoChannels);

/// <summary>Bodies of what a terminal says and answers; 0x0002 and 0x0003 have none.</summary>
internal static class TerminalMessages
{
    public const ushort GeneralReplyId = 0x0001, HeartbeatId = 0x0002, UnregisterId = 0x0003, RegisterId = 0x0100, AuthenticateId = 0x0102, ParametersId = 0x0104,
        LocationId = 0x0200, BatchId = 0x0704, AttributesId = 0x1003, PassengersId = 0x1005, FootageListId = 0x1205, UploadDoneId = 0x1206;

    /// <summary>0x0001.</summary>
    public static byte[] GeneralReply(ushort serial, ushort id, byte result)
    {
        var body = new BodyWriter();
        body.U16(serial);
        body.U16(id);
        body.U8(result);
        return body.ToArray();
    }

    /// <summary>0x0104.</summary>
    public static byte[] Parameters(ushort serial, IReadOnlyList<(uint Id, byte[] Value)> parameters)
    {
        var body = new BodyWriter();
        body.U16(serial);
        body.U8(parameters.Count);
        foreach (var (id, value) in parameters)
        {
            body.U32(id);
            body.U8(value.Length);
            body.Bytes(value);
        }
        return body.ToArray();
    }

    /// <summary>0x1003.</summary>
    public static byte[] Attributes(AvAttributes attributes)
    {
        var body = new BodyWriter();
        body.U8(attributes.AudioCodec);
        body.U8(attributes.AudioChannels);
        body.U8(attributes.SampleRate);
        body.U8(attributes.SampleBits);
        body.U16(attributes.AudioFrameLength);
        body.U8(attributes.HasAudioOutput ? 1 : 0);
        body.U8(attributes.VideoCodec);
        body.U8(attributes.MaxAudioChannels);
        body.U8(attributes.MaxVideoChannels);
        return body.ToArray();
    }

    /// <summary>0x1005.</summary>
    public static byte[] Passengers(DateTime from, DateTime to, ushort boarded, ushort left)
    {
        var body = new BodyWriter();
        body.Time(from);
        body.Time(to);
        body.U16(boarded);
        body.U16(left);
        return body.ToArray();
    }

    /// <summary>0x1205.</summary>
    public static byte[] FootageList(ushort serial, IReadOnlyList<StoredItem> items)
    {
        var body = new BodyWriter();
        body.U16(serial);
        body.U32((uint)items.Count);
        foreach (var item in items)
        {
            body.U8(item.Channel);
            body.Time(item.Start);
            body.Time(item.End);
            body.U64(item.Alarm);
            body.U8(item.Type);
            body.U8(item.Stream);
            body.U8(item.Storage);
            body.U32(item.SizeBytes);
        }
        return body.ToArray();
    }

    /// <summary>0x1206.</summary>
    public static byte[] UploadDone(ushort serial, byte result)
    {
        var body = new BodyWriter();
        body.U16(serial);
        body.U8(result);
        return body.ToArray();
    }
}
