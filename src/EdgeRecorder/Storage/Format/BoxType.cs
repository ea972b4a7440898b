using System.Buffers.Binary;

namespace EdgeRecorder.Storage.Format;

/// <summary>Box types and extended types that stand in a segment (ISO/IEC 14496-12, 4.2).</summary>
internal static class BoxType
{
    public const uint Ftyp = 0x66747970, Moov = 0x6D6F6F76, Moof = 0x6D6F6F66, Mdat = 0x6D646174, Free = 0x66726565, Uuid = 0x75756964;

    /// <summary>usertype of the header box.</summary>
    public static readonly Guid Header = new("7a1f3c52-9d0e-4b61-8a5e-6564676501a1");

    /// <summary>usertype of the box in front of every moof.</summary>
    public static readonly Guid Record = new("7a1f3c52-9d0e-4b61-8a5e-6564676502a2");

    /// <summary>usertype of the seal.</summary>
    public static readonly Guid Seal = new("7a1f3c52-9d0e-4b61-8a5e-6564676503a3");

    public static void WriteFree(Span<byte> target, int size)
    {
        BinaryPrimitives.WriteUInt32BigEndian(target, (uint)size);
        BinaryPrimitives.WriteUInt32BigEndian(target[4..], Free);
    }

    /// <summary>Size and type of the box at the start of <paramref name="bytes"/>; 64-bit sizes do not occur in segments.</summary>
    public static (uint Size, uint Type) Read(ReadOnlySpan<byte> bytes)
        => (BinaryPrimitives.ReadUInt32BigEndian(bytes), BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]));
}
