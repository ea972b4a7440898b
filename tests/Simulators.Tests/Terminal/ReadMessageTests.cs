using EdgeRecorder.Simulators.Terminal.Signalling;

namespace EdgeRecorder.Tests.Simulators.Terminal;

/// <summary>What a terminal reads, from frames of other implementations and devices; numbered as in <see cref="WrittenMessageTests"/>.</summary>
public sealed class ReadMessageTests
{
    [Theory]
    [InlineData("7E8100000F1234567820130001000100313233343536373832303133BD7E", 1, 0, "123456782013")]                               // J5
    [InlineData("7E810040170112345678901234562019000100010031323334353637383930313233343536323031390A7E", 1, 0, "12345678901234562019")]   // J6
    [InlineData("7E81000003012345678900000A006404617E", 100, 4, null)]                                                               // J7
    public void J5_to_J7_answer_a_registration(string frame, int serial, int result, string? code)
    {
        var reply = Assert.IsType<RegisterReply>(Read(frame).Message);

        Assert.Equal((serial, result), (reply.Serial, reply.Result));
        Assert.Equal(code, reply.Code is null ? null : System.Text.Encoding.ASCII.GetString(reply.Code));
    }

    [Theory]
    [InlineData("7E8001000512345678201300010001010201BD7E", 1, 0x0102, 1)]              // J19
    [InlineData("7E80014005011234567890123456201900010001020000167E", 1, 0x0200, 0)]    // J20
    [InlineData("7E80010005015760005903000601CA020000277E", 458, 0x0200, 0)]            // J25
    [InlineData("7E8001000501391234567801090044020000FA7E", 0x44, 0x0200, 0)]           // J35
    public void J19_J20_J25_and_J35_are_general_replies(string frame, int serial, int id, int result)
        => Assert.Equal(new PlatformReply((ushort)serial, (ushort)id, (byte)result), Read(frame).Message);

    [Theory]
    [InlineData("7E800300150123456789017FFF1099090001000200030004000500060007000800091F7E", 0x1099, 9)]   // J30
    [InlineData("7E8003000501391234567801050050010002E17E", 0x50, 1)]                                     // J31
    [InlineData("7E8003400601000000000139123456780105005000010002A37E", 0x50, 1)]                         // J32: the count has two bytes
    public void J30_to_J32_ask_for_packages_again(string frame, int serial, int count)
    {
        var request = Assert.IsType<ResendRequest>(Read(frame).Message);

        Assert.Equal((serial, count), (request.FirstSerial, request.Indexes.Count));
        Assert.Equal(count == 9 ? 9 : 2, request.Indexes[^1]);
    }

    [Theory]
    [InlineData("7E8104000001234567890000010D7E", HeaderForm.V2013, "012345678900")]                         // J33
    [InlineData("7E81040000010000000001341990550700016B7E", HeaderForm.V2019WithoutBit14, "00000000013419905507")]   // J37: bit 14 is clear all the same
    internal void J33_and_J37_ask_for_the_parameters(string frame, HeaderForm form, string phone)
    {
        var (header, message) = Read(frame);

        Assert.IsType<EmptyQuery>(message);
        Assert.Equal((0x8104, form, phone, 1), (header.Id, header.Form, header.Phone, header.Serial));
    }

    [Fact]
    public void K1_asks_what_it_can_send() => Assert.Equal((ushort)0x9003, Read("7E900300000000000100880C796F7E").Header.Id);

    [Theory]
    [InlineData("7E910100110123456798100001093132372E302E302E31076000000101014C7E", "127.0.0.1", 1888, 0, 1, 1, 1)]                       // K3
    [InlineData("7E9101001712345678901200010F3132332E3132332E3132332E313233030440C60C0100A17E", "123.123.123.123", 772, 16582, 12, 1, 0)]   // K4
    [InlineData("7E9101001501391234567801020D3139322E3136382E312E31303004360000010001A27E", "192.168.1.100", 1078, 0, 1, 0, 1)]           // K5
    [InlineData("7E91014015010000000001391234567801020D3139322E3136382E312E31303004360000010001E37E", "192.168.1.100", 1078, 0, 1, 0, 1)]   // K6
    public void K3_to_K6_ask_for_live_media(string frame, string address, int tcp, int udp, int channel, int type, int stream)
        => Assert.Equal(new LiveRequest(address, (ushort)tcp, (ushort)udp, (byte)channel, (byte)type, (byte)stream), Read(frame).Message);

    [Theory]
    [InlineData("7E910200040123456798100001010100001E7E", 1, 1, 0, 0)]               // K8
    [InlineData("7E910240040112345678901234567890FFFF08010203DE7E", 8, 1, 2, 3)]     // K9
    [InlineData("7E91020004013912345678010301000000A47E", 1, 0, 0, 0)]               // K10
    [InlineData("7E910240040100000000013912345678010301000000E57E", 1, 0, 0, 0)]     // K11
    public void K8_to_K11_control_live_media(string frame, int channel, int command, int closeType, int stream)
        => Assert.Equal(new LiveControl((byte)channel, (byte)command, (byte)closeType, (byte)stream), Read(frame).Message);

    [Theory]
    [InlineData("7E91050002123456789012000102031C7E", 2, 3)]   // K12
    [InlineData("7E91050002013912345678010A0103AF7E", 1, 3)]   // K13
    public void K12_and_K13_notify_of_loss(string frame, int channel, int percent)
        => Assert.Equal(new StatusNotice((byte)channel, (byte)percent), Read(frame).Message);

    [Fact]
    public void K14_and_K19_ask_for_a_list_of_footage()
    {
        var (header, message) = Read("7E920500180000000010010003012412091636532412101636530000000000000000000000857E");
        Assert.Equal(new FootageQuery(1, new(2024, 12, 9, 16, 36, 53), new(2024, 12, 10, 16, 36, 53), 0, 0, 0, 0), message);
        Assert.Equal(3, header.Serial);

        Assert.Equal(
            new FootageQuery(0, new(2026, 1, 15), new(2026, 1, 15, 23, 59, 59), 0, 0, 0, 0),
            Read("7E920500180139123456780104002601150000002601152359590000000000000000000000997E").Message);
    }

    [Fact]
    public void K20_and_K21_ask_for_playback()
    {
        var then = new DateTime(2020, 7, 7, 19, 23, 59);
        Assert.Equal(
            new PlaybackRequest("12.12.123.123", 42937, 15468, 50, 2, 0, 0, 0, 0, then, then),
            Read("7E9201002412345678901200010D31322E31322E3132332E313233A7B93C6C320200000000200707192359200707192359617E").Message);
        Assert.Equal(
            new PlaybackRequest("192.168.1.100", 1078, 0, 1, 0, 1, 1, 0, 0, new(2026, 1, 15, 8, 0, 0), new(2026, 1, 15, 8, 10, 0)),
            Read("7E9201002401391234567801060D3139322E3136382E312E31303004360000010001010000260115080000260115081000857E").Message);
    }

    [Fact]
    public void K22_ends_playback() => Assert.Equal(new PlaybackControl(1, 2, 0, null), Read("7E92020009013912345678010701020000" + "0000000000AC7E").Message);

    [Fact]
    public void K23_asks_for_an_upload() => Assert.Equal(
        new UploadRequest("192.168.1.1", 11053, "username", "password", "/alarm_file", 1, new(2020, 7, 26), new(2020, 7, 26, 23, 23, 59), 0, 0, 1, 1, 1),
        Read("7E9206004512345678901200010B3139322E3136382E312E312B2D08757365726E616D650870617373776F72640B2F616C61726D5F66696C6501200726000000200726232359000000000000000000010101227E").Message);

    [Fact]
    public void K24_cancels_an_upload() => Assert.Equal(new UploadControl(0x69FD, 2), Read("7E92070003123456789012000169FD028B7E").Message);

    [Fact]
    public void K27_turns_a_camera() => Assert.Equal(new PtzCommand(1, 3, 128), Read("7E9301000301391234567801080103802A7E").Message);

    [Theory]
    [InlineData("7E000200000139123456780001327E", 1, 0)]                                                  // N1: wrong check byte
    [InlineData("7E0002000001391234567800017D037E", 1, 0)]                                                // N2: bad escape
    [InlineData("7E7E7E", 0, 0)]                                                                          // N3
    [InlineData("00FF7E000200000139123456780001337E7E000200000139123456780002307E", 0, 2)]                // N4: garbage, then two frames
    [InlineData("7E000200050139123456780001367E", 1, 0)]                                                  // N5: fits neither header
    public void N1_to_N5_are_counted_or_skipped(string input, int malformed, int messages)
    {
        var bytes = Hex.Bytes(input);
        for (var split = 0; split <= bytes.Length; split++)
        {
            var reader = new FrameReader();
            var serials = new List<int>();
            reader.Push(bytes.AsSpan(0, split), (header, _) => serials.Add(header.Serial));
            reader.Push(bytes.AsSpan(split), (header, _) => serials.Add(header.Serial));

            Assert.Equal(Enumerable.Range(1, messages), serials);
            Assert.Equal(malformed, reader.Malformed);
        }
    }

    [Fact]
    public void The_example_of_the_standard_is_unescaped()
    {
        // 30 7E 08 7D 55 travels as 30 7D 02 08 7D 01 55: here as the code in a whole frame.
        var frame = FrameWriter.Write(new SignalHeader(0x8100, HeaderForm.V2013, 0, "1", 2), Hex.Bytes("0001 00 307E087D55"));

        Assert.Contains("307D02087D0155", Hex.Of(frame), StringComparison.Ordinal);
        Assert.Equal("307E087D55", Hex.Of(Assert.IsType<RegisterReply>(Read(Hex.Of(frame)).Message).Code));
    }

    private static (SignalHeader Header, object Message) Read(string frame)
    {
        (SignalHeader, object)? read = null;
        var reader = new FrameReader();
        reader.Push(Hex.Bytes(frame), (header, body) => read = (header, PlatformMessages.Read(header, body)));
        Assert.Empty(reader.Reasons);
        return read!.Value;
    }
}
