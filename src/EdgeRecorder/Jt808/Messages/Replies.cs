using EdgeRecorder.Bytes;

namespace EdgeRecorder.Jt808;

/// <summary>0x8001, platform general reply.</summary>
internal sealed record T8001GeneralReply(ushort Serial, ushort ReplyTo, GeneralResult Result) : PlatformMessage(0x8001)
{
    public override void WriteBody(ref ByteWriter writer, HeaderLayout layout)
    {
        writer.U16(Serial);
        writer.U16(ReplyTo);
        writer.U8((byte)Result);
    }
}

/// <summary>0x8003, packages that are missing. <paramref name="FirstSerial"/> is the serial number of package 1, whether it came or not.</summary>
internal sealed record T8003MissingPackages(ushort FirstSerial, IReadOnlyList<ushort> Indexes) : PlatformMessage(0x8003)
{
    /// <summary>What one byte can count, the narrower of the two forms.</summary>
    public const int MostIndexes = byte.MaxValue;

    public override void WriteBody(ref ByteWriter writer, HeaderLayout layout)
    {
        writer.U16(FirstSerial);
        if (layout == HeaderLayout.Jt2019)
            writer.U16((ushort)Indexes.Count);              // a WORD in 2019; the implementations do not agree (spec: 1.5)
        else
            writer.U8((byte)Indexes.Count);
        foreach (var index in Indexes)
            writer.U16(index);
    }
}

/// <summary>0x8004, the platform's time: the one time in 808 that is UTC.</summary>
internal sealed record T8004ServerTime(DateTime Utc) : PlatformMessage(0x8004)
{
    public override void WriteBody(ref ByteWriter writer, HeaderLayout layout) => WireTime.Write(ref writer, Utc);
}

/// <summary>Result byte of 0x8100.</summary>
internal enum RegistrationResult : byte { Ok = 0, VehicleRegistered = 1, NoSuchVehicle = 2, TerminalRegistered = 3, NoSuchTerminal = 4 }

/// <summary>0x8100, answer to a registration. The code follows only a success; it has no length byte, in 2019 either.</summary>
internal sealed record T8100RegistrationReply(ushort Serial, RegistrationResult Result, ReadOnlyMemory<byte> Code) : PlatformMessage(0x8100)
{
    public override void WriteBody(ref ByteWriter writer, HeaderLayout layout)
    {
        writer.U16(Serial);
        writer.U8((byte)Result);
        if (Result == RegistrationResult.Ok)
            writer.Bytes(Code.Span);
    }
}
