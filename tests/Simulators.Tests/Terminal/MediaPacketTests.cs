using EdgeRecorder.Simulators.Clips;
using EdgeRecorder.Simulators.Terminal;
using EdgeRecorder.Simulators.Terminal.Media;

namespace EdgeRecorder.Tests.Simulators.Terminal;

/// <summary>Media packets as a terminal writes them; M numbers the vectors of the project's fact sheet.</summary>
public sealed class MediaPacketTests
{
    private const string Sim = "013912345678";
    private const long T = 1_768_437_045_000;                  // 2026-01-15 08:30:45 +08:00
    private const string Sps = "000000016742C01E9A740A0FE4", Pps = "0000000168CE3C80", Idr = "0000000165888040AABBCCDD0102";
    private const string Speech = "D555D555D555D555D555D555D555D555";

    // SmallChi/JT1078's samples, taken from a device.
    private const string M18Body = "0000000161E1A2BF0098CFC0EE1E17283407788E39A403FDDBD1D546BFB063013F59AC34C97A021AB96A28A42C08";
    private const string M19Body =
        "FE6D3BBEEF3E4E7DFFB76D5FF56FC7BE6FDF77DCDF8EED3B6FE33FB573DF6FECF8FDFFFEBEEFDBF76FDBBFFDD7BF6FFB6F6EF7FF5FDFBFD3F78FFDFAB2EF3EF75FFFF15D3FBFFB26BEEDC7B77D3FAEE3FBEF1D3BAE93FEEF7FDF7793FEB6653BBDFAE68EEDF8F7EFDBB1FFC66F7CFFEFFDDB717FFF6EEE3E";
    private const string M20Body = "0000000161E462BF0032BE88823B946F41EE7C287D82A59C2949A84CBF";

    [Theory]
    [InlineData("M1", "303163648162000001391234567801010000019BBF0FD70800000000000D" + Sps, 98, false, 0, 6, DataType.VideoI, PackageFlag.First, 0, 0, 0, Sps)]
    [InlineData("M2", "303163648162000101391234567801030000019BBF0FD708000000000008" + Pps, 98, false, 1, 6, DataType.VideoI, PackageFlag.Middle, 0, 0, 0, Pps)]
    [InlineData("M3", "3031636481E2000201391234567801020000019BBF0FD70800000000000E" + Idr, 98, true, 2, 6, DataType.VideoI, PackageFlag.Last, 0, 0, 0, Idr)]
    [InlineData("M4", "3031636481E2000301391234567801100000019BBF0FD73000280028000B00000001419A0102030405", 98, true, 3, 6, DataType.VideoP, PackageFlag.Atomic, 40, 40, 40, "00000001419A0102030405")]
    [InlineData("M5", "3031636481E2000401391234567801200000019BBF0FD75800500028000900000001019E060708", 98, true, 4, 6, DataType.VideoB, PackageFlag.Atomic, 80, 80, 40, "00000001019E060708")]
    [InlineData("M6", "303163648186000501391234567801300000019BBF0FD7580010" + Speech, 6, true, 5, 6, DataType.Audio, PackageFlag.Atomic, 80, 0, 0, Speech)]
    [InlineData("M10", "3031636481DB00090139123456780140000548454C4C4F", 91, true, 9, 6, DataType.Passthrough, PackageFlag.Atomic, 0, 0, 0, "48454C4C4F")]
    [InlineData("M11", "3031636481E2000A01391234567801100000019BBF0FD7A800A000280000", 98, true, 10, 6, DataType.VideoP, PackageFlag.Atomic, 160, 160, 40, "")]
    [InlineData("M13", "3031636481E200000000000001391234567801000000019BBF0FD708000000000023" + Sps + Pps + Idr, 98, true, 0, 10, DataType.VideoI, PackageFlag.Atomic, 0, 0, 0, Sps + Pps + Idr)]
    [InlineData("M14", "30316364818600010000000001391234567801300000019BBF0FD71C0010" + Speech, 6, true, 1, 10, DataType.Audio, PackageFlag.Atomic, 20, 0, 0, Speech)]
    [InlineData("M15", "3031636481DB0002000000000139123456780140000548454C4C4F", 91, true, 2, 10, DataType.Passthrough, PackageFlag.Atomic, 0, 0, 0, "48454C4C4F")]
    [InlineData("M16", "3031636481E2FFFF01391234567801100000019BBF0FD7F800F00028000700000001419A11", 98, true, 65535, 6, DataType.VideoP, PackageFlag.Atomic, 240, 240, 40, "00000001419A11")]
    [InlineData("M17", "3031636481E2000C01391234567801100000019BBF0FD82001180028000C00000001419A3031636481E2", 98, true, 12, 6, DataType.VideoP, PackageFlag.Atomic, 280, 280, 40, "00000001419A3031636481E2")]
    [InlineData("M18", "3031636481E2108801123456781001100000016BB392CA7C02800028002E" + M18Body, 98, true, 0x1088, 6, DataType.VideoP, PackageFlag.Atomic, 1_562_085_870_204 - T, 640, 40, M18Body, "011234567810")]
    [InlineData("M19", "30316364818810BA01123456781001300000016BB392CF8D0078" + M19Body, 8, true, 0x10BA, 6, DataType.Audio, PackageFlag.Atomic, 1_562_085_871_501 - T, 0, 0, M19Body, "011234567810")]
    [InlineData("M20", "3031636481E210BB01123456781001100000016BB392CF2C07300028001D" + M20Body, 98, true, 0x10BB, 6, DataType.VideoP, PackageFlag.Atomic, 1_562_085_871_404 - T, 1840, 40, M20Body, "011234567810")]
    internal void A_header_stands_in_front_of_a_body(
        string name, string packet, byte payloadType, bool marker, int sequence, int simBytes, DataType type, PackageFlag flag, long afterT, int syncInterval, int interval, string body, string sim = Sim)
    {
        var header = new byte[MediaPacket.LargestHeader];
        var size = MediaPacket.WriteHeader(
            header, payloadType, marker, (ushort)sequence, sim, simBytes, 1, type, flag, T + afterT, (ushort)syncInterval, (ushort)interval, body.Length / 2);

        Assert.Equal((name, packet), (name, Hex.Of(header.AsSpan(0, size)) + body));
    }

    [Fact]
    public void M4_M5_and_M13_come_out_of_a_stream_with_their_intervals_and_a_shared_sequence()
    {
        var video = new MediaTrackBuilder(new MediaFormat(98, 25, 1), 6, 950);
        video.Unit(DataType.VideoI, Hex.Bytes(Sps + Pps + Idr), Hex.Bytes("6742C01E9A740A0FE468CE3C8065888040AABBCCDD0102"));
        video.Unit(DataType.VideoP, Hex.Bytes("00000001419A0102030405"), Hex.Bytes("419A0102030405"));
        video.Unit(DataType.VideoB, Hex.Bytes("00000001019E060708"), Hex.Bytes("019E060708"));
        var link = new CapturingLink();

        Play(link, video.Build(), null, T, firstSequence: 2);

        Assert.Equal("3031636481E2000201391234567801000000019BBF0FD708000000000023" + Sps + Pps + Idr, link.Packets[0]);
        Assert.Equal("3031636481E2000301391234567801100000019BBF0FD73000280028000B00000001419A0102030405", link.Packets[1]);
        Assert.Equal("3031636481E2000401391234567801200000019BBF0FD75800500028000900000001019E060708", link.Packets[2]);
        Assert.Equal(3, link.Packets.Count);
    }

    [Fact]
    public void M6_M7_and_M8_are_speech_with_and_without_the_header_of_HiSilicon()
    {
        Assert.Equal("303163648186000501391234567801300000019BBF0FD7580010" + Speech, PlayAudio(6, Speech, hiSilicon: false, T + 80, 5));
        Assert.Equal("303163648186000601391234567801300000019BBF0FD76C001400010800" + Speech, PlayAudio(6, Speech, hiSilicon: true, T + 100, 6));
        Assert.Equal(
            "30316364819A000701391234567801300000019BBF0FD780001800010A0034120A00101112131415161718191A1B1C1D1E1F",
            PlayAudio(26, "34120A00101112131415161718191A1B1C1D1E1F", hiSilicon: true, T + 120, 7));
    }

    [Fact]
    public void M9_is_AAC_with_its_ADTS_header()
    {
        using var file = new TemporaryFile(".aac", Hex.Bytes("FFF16C40017FFC21100540"));
        var link = new CapturingLink();

        Play(link, null, AudioSource.Load(file.Path, new PacketOptions()), T + 140, 8);
        Play(link, null, AudioSource.Load(file.Path, new PacketOptions(Adts: false)), T + 140, 8);

        Assert.Equal("303163648193000801391234567801300000019BBF0FD794000BFFF16C40017FFC21100540", link.Packets[0]);
        Assert.Equal("303163648193000801391234567801300000019BBF0FD794000421100540", link.Packets[1]);
    }

    [Fact]
    public void M12_is_a_key_frame_of_H265()
    {
        const string nals = "0000000140010C01FFFF000000014201010160000000014401C172000000012601AF06";
        using var file = new TemporaryFile(".h265", Hex.Bytes(nals));
        var link = new CapturingLink();

        Play(link, VideoSource.Load(file.Path, 25, 1, new PacketOptions()), null, T + 200, 11, channel: 2);

        Assert.Equal("3031636481E3000B01391234567802000000019BBF0FD7D000000000" + "0023" + nals, link.Packets[0]);
    }

    [Fact]
    public void A_frame_longer_than_a_body_comes_in_packets()
    {
        var video = new MediaTrackBuilder(new MediaFormat(98, 25, 1), 10, 950);
        video.Unit(DataType.VideoI, new byte[2000], []);
        var link = new CapturingLink();

        Play(link, video.Build(), null, T, 0);

        Assert.Equal(["01", "03", "02"], link.Packets.Select(p => p.Substring(2 * MediaPacket.TypeOffset(10), 2)));
        Assert.Equal(["62", "62", "E2"], link.Packets.Select(p => p.Substring(10, 2)));
        Assert.Equal([950, 950, 100], link.Packets.Select(p => p.Length / 2 - 34));
    }

    [Theory]
    [InlineData(StartCodes.Long, "000000016701000000016802000000016503")]
    [InlineData(StartCodes.Short, "000001670100000168020000016503")]
    [InlineData(StartCodes.None, "6701000000016802000000016503")]
    internal void Start_codes_are_what_the_options_say(StartCodes startCodes, string expected)
    {
        var stream = Hex.Bytes("0000000167010000016802000001650" + "3");
        var (body, elementary) = VideoSource.Frame(stream, NalUnits.Group(stream, VideoCodec.H264)[0], VideoCodec.H264, startCodes, withSets: true);

        Assert.Equal(expected, Hex.Of(body));
        Assert.Equal("670168026503", Hex.Of(elementary));
    }

    [Fact]
    public void Parameter_sets_may_come_only_once()
    {
        using var file = new TemporaryFile(".h264", Hex.Bytes("00000001670100000168020000016588"));
        var link = new CapturingLink();
        var track = VideoSource.Load(file.Path, 25, 1, new PacketOptions(SetsOnce: true));

        Play(link, track, null, T, 0, loops: 2);

        Assert.EndsWith("0000000167010000000168020000000165" + "88", link.Packets[0], StringComparison.Ordinal);
        Assert.EndsWith("0006000000016588", link.Packets[1], StringComparison.Ordinal);
    }

    private static string PlayAudio(byte payloadType, string frame, bool hiSilicon, long timestamp, ushort sequence)
    {
        var bytes = Hex.Bytes(frame);
        var audio = new MediaTrackBuilder(new MediaFormat(payloadType, 50, 1), 6, 950);
        audio.Unit(DataType.Audio, hiSilicon ? AudioSource.WithHiSiliconHeader(bytes) : bytes, bytes);
        var link = new CapturingLink();
        Play(link, null, audio.Build(), timestamp, sequence);
        return link.Packets[0];
    }

    /// <summary>Plays each clip once, much faster than real time.</summary>
    private static void Play(CapturingLink link, MediaTrack? video, MediaTrack? audio, long timestamp, ushort firstSequence, byte channel = 1, int loops = 1)
    {
        var stream = new MediaStream(1, Sim, channel, StreamKind.Main, video, audio, link, new StreamOptions(timestamp, FirstSequence: firstSequence, Loops: loops));
        var seconds = video is not null ? loops * video.SecondsOf(video.Units.Length) : 0;
        stream.Advance(0, 0, new Faults());
        for (var now = 0.0; now < seconds; now += 0.01)
            stream.Advance(now, 0, new Faults());
    }
}
