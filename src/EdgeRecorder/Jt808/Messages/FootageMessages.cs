using EdgeRecorder.Bytes;

namespace EdgeRecorder.Jt808;

/// <summary>How 0x9201 plays.</summary>
internal enum PlaybackMode : byte { Normal = 0, FastForward = 1, SyncRewind = 2, SyncOnly = 3, SingleFrame = 4 }

/// <summary>Speed of fast forward and rewind.</summary>
internal enum PlaybackSpeed : byte { Off = 0, X1 = 1, X2 = 2, X4 = 3, X8 = 4, X16 = 5 }

/// <summary>Command of 0x9202.</summary>
internal enum PlaybackCommand : byte { Start = 0, Pause = 1, End = 2, FastForward = 3, SyncRewind = 4, Seek = 5, SyncOnly = 6 }

/// <summary>Command of 0x9207.</summary>
internal enum UploadCommand : byte { Pause = 0, Continue = 1, Cancel = 2 }

/// <summary>Networks over which 0x9206 may upload.</summary>
[Flags]
internal enum UploadNetworks : byte { WiFi = 1, Lan = 2, Mobile = 4 }

/// <summary>0x9205, asks what is stored; answered by 0x1205. Times are the terminal's own; null is open.</summary>
/// <param name="Channel">0 for all.</param>
/// <param name="Alarms">0 for any.</param>
internal sealed record T9205FootageQuery(byte Channel, DateTime? From, DateTime? To, ulong Alarms = 0, StoredKind Kind = StoredKind.AudioVideo,
    StoredStream Stream = StoredStream.Either, StorageUnit Storage = StorageUnit.Either) : PlatformMessage(0x9205)
{
    public override void WriteBody(ref ByteWriter writer, HeaderLayout layout)
    {
        writer.U8(Channel);
        WireTime.Write(ref writer, From);
        WireTime.Write(ref writer, To);
        writer.U64(Alarms);
        writer.U8((byte)Kind);
        writer.U8((byte)Stream);
        writer.U8((byte)Storage);
    }
}

/// <summary>0x9201, stored footage as media. A command: terminals answer with 0x1205 or 0x0001, either counts.</summary>
internal sealed record T9201PlaybackRequest(string Server, ushort TcpPort, ushort UdpPort, byte Channel, StoredKind Kind, StoredStream Stream, StorageUnit Storage,
    PlaybackMode Mode, PlaybackSpeed Speed, DateTime From, DateTime? To) : PlatformMessage(0x9201)
{
    public override void WriteBody(ref ByteWriter writer, HeaderLayout layout)
    {
        Text(ref writer, Server, byte.MaxValue);
        writer.U16(TcpPort);
        writer.U16(UdpPort);
        writer.U8(Channel);
        writer.U8((byte)Kind);
        writer.U8((byte)Stream);
        writer.U8((byte)Storage);
        writer.U8((byte)Mode);
        writer.U8((byte)Speed);
        WireTime.Write(ref writer, From);
        WireTime.Write(ref writer, To);
    }
}

/// <summary>0x9202, what becomes of a playback.</summary>
/// <param name="Position">Where to; only with <see cref="PlaybackCommand.Seek"/>.</param>
internal sealed record T9202PlaybackControl(byte Channel, PlaybackCommand Command, PlaybackSpeed Speed = PlaybackSpeed.Off, DateTime? Position = null) : PlatformMessage(0x9202)
{
    public override void WriteBody(ref ByteWriter writer, HeaderLayout layout)
    {
        writer.U8(Channel);
        writer.U8((byte)Command);
        writer.U8((byte)Speed);
        WireTime.Write(ref writer, Position);
    }
}

/// <summary>0x9206, asks for an upload by FTP; the terminal reports its end with 0x1206.</summary>
internal sealed record T9206UploadRequest : PlatformMessage
{
    public const int LongestText = 240;                     // four of them and the 31 other bytes fit 1023

    public T9206UploadRequest() : base(0x9206) { }

    public required string Server { get; init; }
    public required ushort Port { get; init; }
    public required string User { get; init; }
    public required string Password { get; init; }
    public required string Path { get; init; }
    public required byte Channel { get; init; }
    public required DateTime From { get; init; }
    public required DateTime To { get; init; }
    public ulong Alarms { get; init; }
    public StoredKind Kind { get; init; }
    public StoredStream Stream { get; init; }
    public StorageUnit Storage { get; init; }
    public UploadNetworks Networks { get; init; } = UploadNetworks.WiFi | UploadNetworks.Lan | UploadNetworks.Mobile;

    public override void WriteBody(ref ByteWriter writer, HeaderLayout layout)
    {
        Text(ref writer, Server, LongestText);
        writer.U16(Port);
        Text(ref writer, User, LongestText);
        Text(ref writer, Password, LongestText);
        Text(ref writer, Path, LongestText);
        writer.U8(Channel);
        WireTime.Write(ref writer, From);
        WireTime.Write(ref writer, To);
        writer.U64(Alarms);
        writer.U8((byte)Kind);
        writer.U8((byte)Stream);
        writer.U8((byte)Storage);
        writer.U8((byte)Networks);
    }
}

/// <summary>0x9207, what becomes of an upload; <paramref name="Serial"/> is that of its 0x9206.</summary>
internal sealed record T9207UploadControl(ushort Serial, UploadCommand Command) : PlatformMessage(0x9207)
{
    public override void WriteBody(ref ByteWriter writer, HeaderLayout layout)
    {
        writer.U16(Serial);
        writer.U8((byte)Command);
    }
}
