using EdgeRecorder.Bytes;
using EdgeRecorder.Jt808;
using EdgeRecorder.Tests.Bytes;

namespace EdgeRecorder.Tests.Jt808;

public sealed class TerminalMessageTests
{
    [Theory]
    [InlineData("J1", 0x0100, HeaderLayout.Jt2013, "123456782011", 1)]
    [InlineData("J3", 0x0100, HeaderLayout.Jt2013, "000123456789", 10)]
    [InlineData("J4", 0x0100, HeaderLayout.Jt2019, "12345678901234562019", 1)]
    [InlineData("J10", 0x0102, HeaderLayout.Jt2013, "010030000681", 0x0902)]
    [InlineData("J11", 0x0002, HeaderLayout.Jt2013, "012345678900", 10)]
    [InlineData("J12", 0x0002, HeaderLayout.Jt2019, "12345678901234562019", 1)]
    [InlineData("J13", 0x0002, HeaderLayout.Jt2013, "040021679287", 43)]
    [InlineData("J14", 0x0002, HeaderLayout.Jt2013, "013912345678", 0x7E7D)]
    [InlineData("J16", 0x0003, HeaderLayout.Jt2013, "012345678900", 1)]
    [InlineData("J18", 0x0001, HeaderLayout.Jt2019, "00000000017299841738", 65535)]
    [InlineData("J21", 0x0200, HeaderLayout.Jt2013, "112233445566", 8888)]
    [InlineData("J23", 0x0200, HeaderLayout.Jt2013, "015760005903", 458)]
    [InlineData("J24", 0x0200, HeaderLayout.Jt2013, "000000007777", 0x62F7)]
    [InlineData("J27", 0x0200, HeaderLayout.Jt2019, "00000000013912345678", 0x45)]
    [InlineData("J37", 0x8104, HeaderLayout.Jt2019, "00000000013419905507", 1)]
    [InlineData("K1", 0x9003, HeaderLayout.Jt2013, "000000010088", 0x0C79)]
    [InlineData("K6", 0x9101, HeaderLayout.Jt2019, "00000000013912345678", 0x0102)]
    public void The_header_says_who_and_what(string name, int id, object layout, string phone, int serial)
    {
        var heard = Heard.Of(Vectors.Of(name));
        Assert.Equal((id, (HeaderLayout)layout, phone, serial), (heard.Id, heard.Layout, heard.Phone, heard.Serial));
        Assert.Equal(phone.TrimStart('0'), heard.Sim.ToString());
    }

    [Fact]
    public void J10_a_2013_header_with_bit_14_is_told_by_its_length()
    {
        var heard = Heard.Of(Vectors.Of("J10"));
        Assert.Equal((HeaderLayout.Jt2013, true), (heard.Layout, heard.HasVersionFlag));
        Assert.Equal("J10030000681"u8, Authentication.Parse(heard.Body, heard.Layout).Code);
    }

    [Fact]
    public void J37_a_2019_header_without_bit_14_is_told_by_its_length()
    {
        var heard = Heard.Of(Vectors.Of("J37"));
        Assert.Equal((HeaderLayout.Jt2019, false, 1, 0), (heard.Layout, heard.HasVersionFlag, heard.Version, heard.Body.Length));
    }

    [Theory]
    [InlineData("K16", 0x50, 2, 1, 34)]
    [InlineData("K17", 0x51, 2, 2, 28)]
    [InlineData("K18", 0x51, 2, 2, 28)]
    public void Packages_say_how_many_and_which(string name, int serial, int total, int index, int length)
    {
        var heard = Heard.Of(Vectors.Of(name));
        Assert.Equal((serial, total, index, length), (heard.Serial, heard.Total, heard.Index, heard.Body.Length));
    }

    [Theory]
    [InlineData("0200 0400 013912345678 0001", true)]
    [InlineData("0200 0800 013912345678 0001", true)]
    [InlineData("0200 0000 013912345678 0001", false)]
    public void Encryption_bits_are_seen(string header, bool isEncrypted) => Assert.Equal(isEncrypted, Heard.Of(Wire.Frame(header)).IsEncrypted);

    [Theory]
    [InlineData("J1", StandardYear.Y2011, 31, 110, "cd123", "www.808.", "7654321", 1, "测A12345678")]
    [InlineData("J2", StandardYear.Y2013, 31, 110, "cd123", "www.808.com", "7654321", 1, "测A12345678")]
    [InlineData("J3", StandardYear.Y2013, 40, 50, "1234", "smallchi123", "CHI123", 1, "粤A12345")]
    [InlineData("J4", StandardYear.Y2019, 31, 110, "cd123456789", "www.808.com", "7654321", 1, "测A12345678")]
    public void A_registration_is_read_with_the_widths_of_its_year(string name, object year, int province, int city, string manufacturer, string model, string id, int colour, string plate)
    {
        var heard = Heard.Of(Vectors.Of(name));
        var registration = Registration.Parse(heard.Body, heard.Layout);
        Assert.Equal(new Registration
        {
            Year = (StandardYear)year,
            Province = (ushort)province,
            City = (ushort)city,
            Manufacturer = manufacturer,
            Model = model,
            TerminalId = id,
            PlateColour = (byte)colour,
            Plate = plate,
        }, registration);
        Assert.False(registration.IsVin);
    }

    [Fact]
    public void A_2019_header_with_the_fields_of_2013_is_read()
    {
        var registration = Registration.Parse(Heard.Of(Vectors.Of("J2")).Body, HeaderLayout.Jt2019);
        Assert.Equal((StandardYear.Y2013, "www.808.com", "测A12345678"), (registration.Year, registration.Model, registration.Plate));
    }

    [Fact]
    public void A_registration_of_every_length_is_read_or_refused_and_never_more()
    {
        for (var length = 0; length < 200; length++)
            foreach (var layout in Enum.GetValues<HeaderLayout>())
                if (length < 25)
                    Assert.Throws<ProtocolException>(() => Registration.Parse(new byte[length], layout));
                else
                    Assert.True(Registration.Parse(new byte[length], layout) is { IsVin: true, Plate: "" });
    }

    [Theory]
    [InlineData("J8", "987654321", "", "")]
    [InlineData("J9", "987654321", "123456789012345", "3.7.15")]
    [InlineData("J10", "J10030000681", "", "")]
    [InlineData("J15", "A}\u0001~B", "", "")]
    [InlineData("J36", "A1B2C3", "860000000000001", "V1.0")]
    public void An_authentication_gives_the_code(string name, string code, string imei, string software)
    {
        var heard = Heard.Of(Vectors.Of(name));
        var authentication = Authentication.Parse(heard.Body, heard.Layout);
        Assert.Equal((code, imei, software), (System.Text.Encoding.ASCII.GetString(authentication.Code), authentication.Imei, authentication.Software));
    }

    [Theory]
    [InlineData("39383736", "39383736")]                     // 2019 header, the code alone: 0x39 bytes are not there
    [InlineData("0439383736", "39383736")]                   // no IMEI, no version
    [InlineData("043938373638", "39383736")]                 // half an IMEI
    [InlineData("39380000", "3938")]
    [InlineData("", "")]
    public void A_2019_authentication_may_be_cut_off(string body, string code)
        => Assert.Equal(code, Convert.ToHexString(Authentication.Parse(Convert.FromHexString(body), HeaderLayout.Jt2019).Code));

    [Theory]
    [InlineData("J17", 1000, 0x0002, GeneralResult.Ok)]
    [InlineData("J18", 123, 0x01C8, GeneralResult.NotSupported)]
    [InlineData("K7", 0x0102, 0x9101, GeneralResult.Ok)]
    public void A_general_reply_names_what_it_answers(string name, int serial, int id, object result)
        => Assert.Equal(new((ushort)serial, (ushort)id, (GeneralResult)result), GeneralReply.Parse(Heard.Of(Vectors.Of(name)).Body));

    [Fact]
    public void K2_attributes()
        => Assert.Equal(new AvAttributes
        {
            AudioCodec = 6,
            AudioChannels = 1,
            SampleRateHz = 8000,
            SampleBits = 16,
            AudioFrameLength = 320,
            HasAudioOutput = false,
            VideoCodec = 98,
            MostAudioChannels = 8,
            MostVideoChannels = 8,
        }, AvAttributes.Parse(Heard.Of(Vectors.Of("K2")).Body));

    [Fact]
    public void K15_a_list_of_one()
    {
        var items = StoredResource.ParseList(Heard.Of(Vectors.Of("K15")).Body, out var replyTo);
        Assert.Equal(3, replyTo);
        Assert.Equal([new StoredResource(1, new(2024, 11, 2), new(2024, 11, 2, 0, 1, 2), 0x400, StoredKind.Audio, StoredStream.Main, StorageUnit.Main, 11)], items);
    }

    [Fact]
    public void A_list_is_what_stands_there_whatever_its_count_says()
    {
        var body = Heard.Of(Vectors.Of("K15")).Body;
        body.AsSpan(2, 4).Fill(0xFF);
        Assert.Single(StoredResource.ParseList([.. body, .. body.AsSpan(6, 27)], out _));
        body[2 + 4 + 1 + 1] = 0x13;                          // month 13
        Assert.Empty(StoredResource.ParseList(body, out _));
    }

    [Fact]
    public void K25_an_upload_that_failed() => Assert.Equal(new(0x1B8A, false), UploadNotice.Parse(Heard.Of(Vectors.Of("K25")).Body));

    [Fact]
    public void K26_passengers()
        => Assert.Equal(new(new(2026, 1, 15, 8, 0, 0), new(2026, 1, 15, 8, 10, 0), 12, 7), PassengerFlow.Parse(Heard.Of(Vectors.Of("K26")).Body));

    [Fact]
    public void J34_parameters()
    {
        var parameter = Assert.Single(TerminalParameter.ParseList(Heard.Of(Vectors.Of("J34")).Body, out var replyTo));
        Assert.Equal((20, 1u, "0000000A"), (replyTo, parameter.Id, Convert.ToHexString(parameter.Value.Span)));
    }

    [Fact]
    public void Parameters_that_run_over_the_end_are_left_out()
        => Assert.Equal([1u], TerminalParameter.ParseList(Convert.FromHexString("0014 03 00000001 01 05 00000002 04 0505".Replace(" ", "", StringComparison.Ordinal)), out _).Select(p => p.Id));

    [Fact]
    public void The_channel_table_says_which_input_a_channel_is()
        => Assert.Equal([new(1, 1, ChannelKind.AudioVideo, true), new(2, 33, ChannelKind.Audio, false), new(3, 2, ChannelKind.Video, false)],
            ChannelTableRow.Parse([1, 1, 1, 1, 1, 0, 1, 2, 33, 1, 0, 3, 2, 2, 0, 9]));

    [Fact]
    public void Audio_and_video_parameters()
        => Assert.Equal(new(5, 25, 2000, 6, 15, 4000, true), AudioVideoParameters.Parse([0, 5, 0, 50, 25, 0, 0, 7, 0xD0, 1, 6, 0, 50, 15, 0, 0, 0x0F, 0xA0, 0, 1, 1]));

    [Fact]
    public void Damage_to_any_body_raises_a_protocol_exception_and_nothing_else()
    {
        var bodies = Vectors.All.Values.Select(Heard.Of).Where(heard => heard.Body.Length > 0).ToList();
        var (read, refused) = (0, 0);
        foreach (var heard in bodies)
            foreach (var body in Damage.Of(heard.Body, Damage.Rounds / bodies.Count + 1, heard.Serial))
                foreach (var parse in Parsers(body))
                    try
                    {
                        parse();
                        read++;
                    }
                    catch (ProtocolException)
                    {
                        refused++;
                    }
        Assert.True(read > Damage.Rounds && refused > Damage.Rounds, $"{read} read, {refused} refused");
    }

    [Fact]
    public void Damage_under_a_right_check_byte_raises_a_protocol_exception_and_nothing_else()
    {
        var (read, refused) = (0, 0);
        var plains = Vectors.All.Values.Select(frame => Wire.Plain(frame.AsSpan(1..^1))).ToList();
        foreach (var plain in plains)
            foreach (var bytes in Damage.Of(plain, Damage.Rounds / plains.Count + 1, plain.Length).Where(bytes => bytes.Length > 0))
                try
                {
                    Assert.InRange(Heard.Of(Wire.Frame(Convert.ToHexString(bytes))).Body.Length, 0, PlatformMessage.LargestBody);
                    read++;
                }
                catch (ProtocolException)
                {
                    refused++;
                }
        Assert.True(read > Damage.Rounds / 10 && refused > Damage.Rounds / 10, $"{read} read, {refused} refused");
    }

    [Fact]
    public void Every_body_length_up_to_the_largest_is_told_apart_in_both_headers()
    {
        for (var length = 0; length <= PlatformMessage.LargestBody; length++)
            foreach (var (version, phone) in (ReadOnlySpan<(string, string)>)[("", "013912345678"), ("01", "00000000013912345678")])
                foreach (var flags in (int[])[0, 0x2000, 0x4000, 0x6000])
                {
                    var package = (flags & 0x2000) != 0 ? "00020001" : "";
                    var heard = Heard.Of(Wire.Frame($"0200 {length | flags:X4} {version}{phone} 0001 {package} {new string('0', length * 2)}"));
                    Assert.Equal((phone.Length == 20 ? HeaderLayout.Jt2019 : HeaderLayout.Jt2013, length), (heard.Layout, heard.Body.Length));
                }
    }

    private static Action[] Parsers(byte[] body) =>
    [
        () => Registration.Parse(body, HeaderLayout.Jt2013), () => Registration.Parse(body, HeaderLayout.Jt2019),
        () => Authentication.Parse(body, HeaderLayout.Jt2013), () => Authentication.Parse(body, HeaderLayout.Jt2019),
        () => GeneralReply.Parse(body), () => LocationReport.Parse(body), () => AvAttributes.Parse(body), () => PassengerFlow.Parse(body), () => UploadNotice.Parse(body),
        () => StoredResource.ParseList(body, out _), () => TerminalParameter.ParseList(body, out _), () => ChannelTableRow.Parse(body), () => AudioVideoParameters.Parse(body),
        () =>
        {
            var batch = new LocationBatch(body);
            while (batch.TryNext(out _)) { }
        },
    ];
}
