using EdgeRecorder.Bytes;
using EdgeRecorder.Jt808;

namespace EdgeRecorder.Tests.Jt808;

public sealed class PlatformMessageTests
{
    private static readonly DateTime Morning = new(2026, 1, 15, 8, 0, 0), TenPast = new(2026, 1, 15, 8, 10, 0);

    private static readonly Dictionary<string, PlatformMessage> Messages = new()
    {
        ["J5"] = new T8100RegistrationReply(1, RegistrationResult.Ok, "123456782013"u8.ToArray()),
        ["J6"] = new T8100RegistrationReply(1, RegistrationResult.Ok, "12345678901234562019"u8.ToArray()),
        ["J7"] = new T8100RegistrationReply(100, RegistrationResult.NoSuchTerminal, "never sent"u8.ToArray()),
        ["J19"] = new T8001GeneralReply(1, 0x0102, GeneralResult.Failed),
        ["J20"] = new T8001GeneralReply(1, 0x0200, GeneralResult.Ok),
        ["J25"] = new T8001GeneralReply(458, 0x0200, GeneralResult.Ok),
        ["J30"] = new T8003MissingPackages(0x1099, [1, 2, 3, 4, 5, 6, 7, 8, 9]),
        ["J31"] = new T8003MissingPackages(0x0050, [2]),
        ["J32"] = new T8003MissingPackages(0x0050, [2]),
        ["J33"] = new T8104QueryParameters(),
        ["J35"] = new T8001GeneralReply(0x44, 0x0200, GeneralResult.Ok),
        ["J37"] = new T8104QueryParameters(),
        ["K1"] = new T9003QueryAttributes(),
        ["K3"] = new T9101LiveRequest("127.0.0.1", 1888, 0, 1, LiveKind.Video, LiveStream.Sub),
        ["K4"] = new T9101LiveRequest("123.123.123.123", 772, 16582, 12, LiveKind.Video, LiveStream.Main),
        ["K5"] = new T9101LiveRequest("192.168.1.100", 1078, 0, 1, LiveKind.AudioVideo, LiveStream.Sub),
        ["K6"] = new T9101LiveRequest("192.168.1.100", 1078, 0, 1, LiveKind.AudioVideo, LiveStream.Sub),
        ["K8"] = new T9102LiveControl(1, LiveCommand.SwitchStream, LiveClosing.AudioVideo, LiveStream.Main),
        ["K9"] = new T9102LiveControl(8, LiveCommand.SwitchStream, LiveClosing.Video, (LiveStream)3),
        ["K10"] = T9102LiveControl.Close(1),
        ["K11"] = T9102LiveControl.Close(1),
        ["K12"] = new T9105LiveStatus(2, 3),
        ["K13"] = new T9105LiveStatus(1, 3),
        ["K14"] = new T9205FootageQuery(1, new(2024, 12, 9, 16, 36, 53), new(2024, 12, 10, 16, 36, 53)),
        ["K19"] = new T9205FootageQuery(0, new(2026, 1, 15), new(2026, 1, 15, 23, 59, 59)),
        ["K20"] = new T9201PlaybackRequest("12.12.123.123", 42937, 15468, 50, StoredKind.Video, StoredStream.Either, StorageUnit.Either, PlaybackMode.Normal, PlaybackSpeed.Off,
            new(2020, 7, 7, 19, 23, 59), new(2020, 7, 7, 19, 23, 59)),
        ["K21"] = new T9201PlaybackRequest("192.168.1.100", 1078, 0, 1, StoredKind.AudioVideo, StoredStream.Main, StorageUnit.Main, PlaybackMode.Normal, PlaybackSpeed.Off, Morning, TenPast),
        ["K22"] = new T9202PlaybackControl(1, PlaybackCommand.End),
        ["K23"] = new T9206UploadRequest
        {
            Server = "192.168.1.1",
            Port = 11053,
            User = "username",
            Password = "password",
            Path = "/alarm_file",
            Channel = 1,
            From = new(2020, 7, 26),
            To = new(2020, 7, 26, 23, 23, 59),
            Stream = StoredStream.Main,
            Storage = StorageUnit.Main,
            Networks = UploadNetworks.WiFi,
        },
        ["K24"] = new T9207UploadControl(0x69FD, UploadCommand.Cancel),
        ["K27"] = new T9301Turn(1, PtzDirection.Left, 128),
    };

    public static TheoryData<string> Names => [.. Messages.Keys];

    [Theory, MemberData(nameof(Names))]
    public void A_message_is_written_as_others_write_it(string name)
    {
        var heard = Heard.Of(Vectors.Of(name));
        Assert.Equal(Convert.ToHexString(Vectors.Of(name)), Convert.ToHexString(Written(Messages[name], heard.Head, heard.Serial)));
    }

    [Fact]
    public void Every_vector_of_the_platform_is_written()
    {
        var sentByUs = Vectors.All.Where(vector => Heard.Of(vector.Value).Id >= 0x8000).Select(vector => vector.Key);
        Assert.Equal(sentByUs.Order(StringComparer.Ordinal), Messages.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Messages_without_a_vector_have_the_standards_layout()
    {
        Assert.Equal("260115083045", BodyOf(new T8004ServerTime(new(2026, 1, 15, 8, 30, 45, DateTimeKind.Utc))));
        Assert.Equal("02 00000075 01 07 00000001 04 0000000A", Spaced(BodyOf(new T8103SetParameters([new(0x75, new byte[] { 7 }), new(1, new byte[] { 0, 0, 0, 10 })])), 1, 5, 6, 7, 11, 12));
        Assert.Equal("0201", BodyOf(new T9302Focus(2, IsSmaller: true)));
        Assert.Equal("0200", BodyOf(new T9303Iris(2, IsSmaller: false)));
        Assert.Equal("0301", BodyOf(new T9304Wiper(3, IsOn: true)));
        Assert.Equal("0300", BodyOf(new T9305InfraredLight(3, IsOn: false)));
        Assert.Equal("0401", BodyOf(new T9306Zoom(4, IsOut: true)));
        Assert.Equal("010500260115080000", BodyOf(new T9202PlaybackControl(1, PlaybackCommand.Seek, Position: Morning)));
        Assert.Equal("00 000000000000 000000000000 0000000000000000 03 01 02".Replace(" ", "", StringComparison.Ordinal),
            BodyOf(new T9205FootageQuery(0, null, null, 0, StoredKind.AnyVideo, StoredStream.Main, StorageUnit.Backup)));
    }

    [Fact]
    public void A_path_is_written_in_GBK()
        => Assert.Contains("03" + "2F" + "B2E2", BodyOf(new T9206UploadRequest { Server = "1", Port = 21, User = "", Password = "", Path = "/测", Channel = 1, From = Morning, To = TenPast }), StringComparison.Ordinal);

    [Theory]
    [InlineData("/\U0001F697")]
    [InlineData("/\n")]
    public void What_has_no_GBK_is_refused(string path)
        => Assert.Throws<ArgumentException>(() => BodyOf(new T9206UploadRequest { Server = "1", Port = 21, User = "", Password = "", Path = path, Channel = 1, From = Morning, To = TenPast }));

    [Fact]
    public void The_longest_upload_request_fits_and_a_longer_one_is_refused()
    {
        var longest = new string('a', T9206UploadRequest.LongestText);
        var request = new T9206UploadRequest { Server = longest, Port = 21, User = longest, Password = longest, Path = longest, Channel = 1, From = Morning, To = TenPast };
        Assert.Equal(991, BodyOf(request).Length / 2);
        Assert.Throws<ArgumentException>(() => BodyOf(request with { Path = longest + "a" }));
    }

    private static string BodyOf(PlatformMessage message) => Convert.ToHexString(Heard.Of(Written(message, new(HeaderLayout.Jt2013, false, 0, new byte[6]), 0)).Body);

    private static byte[] Written(PlatformMessage message, TerminalHead head, ushort serial)
    {
        var body = new byte[PlatformMessage.LargestBody];
        var writer = new ByteWriter(body);
        message.WriteBody(ref writer, head.Layout);
        var frame = new byte[Frame.LongestEscaped];
        return frame[..Frame.Write(frame, head, message.Id, serial, body.AsSpan(0, writer.Offset))];
    }

    private static string Spaced(string hex, params int[] at) => at.Reverse().Aggregate(hex, (text, byteIndex) => byteIndex * 2 < text.Length ? text.Insert(byteIndex * 2, " ") : text);
}
