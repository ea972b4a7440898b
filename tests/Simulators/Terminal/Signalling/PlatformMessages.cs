namespace EdgeRecorder.Simulators.Terminal.Signalling;

/// <summary>0x8001.</summary>
internal sealed record PlatformReply(ushort Serial, ushort Id, byte Result);

/// <summary>0x8100; the code is there when the result is 0.</summary>
internal sealed record RegisterReply(ushort Serial, byte Result, byte[]? Code);

/// <summary>0x8003: send these packages again.</summary>
internal sealed record ResendRequest(ushort FirstSerial, IReadOnlyList<ushort> Indexes);

/// <summary>0x8103.</summary>
internal sealed record SetParameters(IReadOnlyList<(uint Id, string Value)> Parameters);

/// <summary>0x8104, 0x9003.</summary>
internal sealed record EmptyQuery;

/// <summary>0x9101.</summary>
/// <param name="DataType">0 audio and video, 1 video, 2 talk, 3 listen, 4 broadcast, 5 passthrough.</param>
/// <param name="Stream">0 main, 1 sub.</param>
internal sealed record LiveRequest(string Address, ushort TcpPort, ushort UdpPort, byte Channel, byte DataType, byte Stream);

/// <summary>0x9102.</summary>
/// <param name="Command">0 close, 1 switch stream, 2 pause, 3 resume, 4 close talk.</param>
/// <param name="CloseType">0 audio and video, 1 audio, 2 video.</param>
internal sealed record LiveControl(byte Channel, byte Command, byte CloseType, byte Stream);

/// <summary>0x9105.</summary>
internal sealed record StatusNotice(byte Channel, byte LossPercent);

/// <summary>0x9205. Null times leave the end open; 0 is "all" for channel, stream and storage.</summary>
internal sealed record FootageQuery(byte Channel, DateTime? Start, DateTime? End, ulong Alarm, byte Type, byte Stream, byte Storage);

/// <summary>0x9201.</summary>
/// <param name="Mode">0 normal, 1 fast forward, 2 key-frame rewind, 3 key-frame play, 4 one frame.</param>
/// <param name="Speed">0 off, 1 ×1, 2 ×2, 3 ×4, 4 ×8, 5 ×16.</param>
internal sealed record PlaybackRequest(
    string Address, ushort TcpPort, ushort UdpPort, byte Channel, byte Type, byte Stream, byte Storage, byte Mode, byte Speed, DateTime? Start, DateTime? End);

/// <summary>0x9202.</summary>
/// <param name="Command">0 start, 1 pause, 2 end, 3 fast forward, 4 key-frame rewind, 5 seek, 6 key-frame play.</param>
internal sealed record PlaybackControl(byte Channel, byte Command, byte Speed, DateTime? Seek);

/// <summary>0x9206.</summary>
internal sealed record UploadRequest(
    string Address, ushort Port, string User, string Password, string Path, byte Channel, DateTime? Start, DateTime? End, ulong Alarm, byte Type, byte Stream,
    byte Storage, byte Condition);

/// <summary>0x9207: 0 pause, 1 continue, 2 cancel.</summary>
internal sealed record UploadControl(ushort Serial, byte Command);

/// <summary>0x9301: direction and speed. 0x9302–0x9306: one value.</summary>
internal sealed record PtzCommand(byte Channel, byte Value, byte? Speed);

/// <summary>Anything else.</summary>
internal sealed record OtherMessage(string Body);

/// <summary>Reads what a platform says.</summary>
internal static class PlatformMessages
{
    /// <exception cref="MalformedException">The body does not fit its message.</exception>
    public static object Read(in SignalHeader header, ReadOnlySpan<byte> body)
    {
        var reader = new BodyReader(body);
        object message = header.Id switch
        {
            0x8001 => new PlatformReply(reader.U16(), reader.U16(), reader.U8()),
            0x8100 => ReadRegisterReply(ref reader),
            0x8003 => ReadResend(ref reader),
            0x8103 => ReadParameters(ref reader),
            0x8104 or 0x9003 => new EmptyQuery(),
            0x9101 => new LiveRequest(reader.CountedText(), reader.U16(), reader.U16(), reader.U8(), reader.U8(), reader.U8()),
            0x9102 => new LiveControl(reader.U8(), reader.U8(), reader.U8(), reader.U8()),
            0x9105 => new StatusNotice(reader.U8(), reader.U8()),
            0x9201 => new PlaybackRequest(
                reader.CountedText(), reader.U16(), reader.U16(), reader.U8(), reader.U8(), reader.U8(), reader.U8(), reader.U8(), reader.U8(), reader.Time(), reader.Time()),
            0x9202 => new PlaybackControl(reader.U8(), reader.U8(), reader.U8(), reader.Time()),
            0x9205 => new FootageQuery(reader.U8(), reader.Time(), reader.Time(), reader.U64(), reader.U8(), reader.U8(), reader.U8()),
            0x9206 => new UploadRequest(
                reader.CountedText(), reader.U16(), reader.CountedText(), reader.CountedText(), reader.CountedText(), reader.U8(), reader.Time(), reader.Time(),
                reader.U64(), reader.U8(), reader.U8(), reader.U8(), reader.U8()),
            0x9207 => new UploadControl(reader.U16(), reader.U8()),
            0x9301 => new PtzCommand(reader.U8(), reader.U8(), reader.U8()),
            >= 0x9302 and <= 0x9306 => new PtzCommand(reader.U8(), reader.U8(), null),
            _ => new OtherMessage(Convert.ToHexString(reader.Bytes(reader.Left))),
        };
        reader.End();
        return message;
    }

    private static RegisterReply ReadRegisterReply(ref BodyReader reader)
    {
        var serial = reader.U16();
        var result = reader.U8();
        return new RegisterReply(serial, result, result == 0 ? reader.Bytes(reader.Left).ToArray() : null);
    }

    /// <summary>The count has one byte in 2013 and, it seems, two in 2019; the length of the body tells.</summary>
    private static ResendRequest ReadResend(ref BodyReader reader)
    {
        var serial = reader.U16();
        var count = reader.Left % 2 == 1 ? reader.U8() : reader.U16();
        var indexes = new ushort[count];
        for (var i = 0; i < count; i++)
            indexes[i] = reader.U16();
        return new ResendRequest(serial, indexes);
    }

    private static SetParameters ReadParameters(ref BodyReader reader)
    {
        var parameters = new (uint, string)[reader.U8()];
        for (var i = 0; i < parameters.Length; i++)
            parameters[i] = (reader.U32(), Convert.ToHexString(reader.Bytes(reader.U8())));
        return new SetParameters(parameters);
    }
}
