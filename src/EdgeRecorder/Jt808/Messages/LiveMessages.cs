using EdgeRecorder.Bytes;

namespace EdgeRecorder.Jt808;

/// <summary>What 0x9101 asks for.</summary>
internal enum LiveKind : byte { AudioVideo = 0, Video = 1, Talk = 2, Monitor = 3, Broadcast = 4, Passthrough = 5 }

/// <summary>Command of 0x9102.</summary>
internal enum LiveCommand : byte { Close = 0, SwitchStream = 1, Pause = 2, Resume = 3, CloseTalk = 4 }

/// <summary>What 0x9102 closes.</summary>
internal enum LiveClosing : byte { AudioVideo = 0, Audio = 1, Video = 2 }

/// <summary>0x9003, asks for audio and video attributes; answered by 0x1003.</summary>
internal sealed record T9003QueryAttributes() : PlatformMessage(0x9003)
{
    public override bool IsRepeatable => true;

    public override void WriteBody(ref ByteWriter writer, HeaderLayout layout) { }
}

/// <summary>0x9101, live media; the terminal connects to the address and sends. A port of 0 is one it shall not use.</summary>
/// <param name="Server">A dotted address: many terminals resolve no names.</param>
internal sealed record T9101LiveRequest(string Server, ushort TcpPort, ushort UdpPort, byte Channel, LiveKind Kind, LiveStream Stream) : PlatformMessage(0x9101)
{
    public override bool IsRepeatable => true;

    public override void WriteBody(ref ByteWriter writer, HeaderLayout layout)
    {
        Text(ref writer, Server, byte.MaxValue);
        writer.U16(TcpPort);
        writer.U16(UdpPort);
        writer.U8(Channel);
        writer.U8((byte)Kind);
        writer.U8((byte)Stream);
    }
}

/// <summary>0x9102, what becomes of a live stream.</summary>
internal sealed record T9102LiveControl(byte Channel, LiveCommand Command, LiveClosing Closing, LiveStream Stream) : PlatformMessage(0x9102)
{
    public override bool IsRepeatable => true;

    /// <summary>Ends all of a channel's live media.</summary>
    public static T9102LiveControl Close(byte channel) => new(channel, LiveCommand.Close, LiveClosing.AudioVideo, LiveStream.Main);

    public override void WriteBody(ref ByteWriter writer, HeaderLayout layout)
    {
        writer.U8(Channel);
        writer.U8((byte)Command);
        writer.U8((byte)Closing);
        writer.U8((byte)Stream);
    }
}

/// <summary>0x9105, how much of a channel is lost on the way; no answer is defined.</summary>
/// <param name="LossPercent">Rounded down.</param>
internal sealed record T9105LiveStatus(byte Channel, byte LossPercent) : PlatformMessage(0x9105)
{
    public override void WriteBody(ref ByteWriter writer, HeaderLayout layout)
    {
        writer.U8(Channel);
        writer.U8(LossPercent);
    }
}
