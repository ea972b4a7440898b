using System.Text;
using EdgeRecorder.Bytes;
using EdgeRecorder.Gb28181.Manscdp;
using EdgeRecorder.Tests.Bytes;
using EdgeRecorder.Tests.Sip;

namespace EdgeRecorder.Tests.Gb28181.Manscdp;

public sealed class ManscdpDocumentTests
{
    private const string Device = "34020000001180000001", Channel = "34020000001320000001";

    public static TheoryData<string> Bodies => ["V6", "V8", "V9.1", "V9.2", "V23", "V24", "V25", "V26", "V27", "V28", "V29", "V30"];

    public static TheoryData<string> Samples => [.. All.Keys];

    /// <summary>One of every kind, with everything it can hold.</summary>
    private static Dictionary<string, ManscdpDocument> All { get; } = new()
    {
        ["keepalive"] = new Keepalive(false) { Faulty = [Channel, Device] },
        ["catalog query"] = new CatalogQuery { StartTime = new(2026, 11, 20), EndTime = new(2026, 11, 21) },
        ["device info query"] = new PlainQuery("DeviceInfo"),
        ["device status query"] = new PlainQuery("DeviceStatus"),
        ["preset query"] = new PlainQuery("PresetQuery"),
        ["device info"] = new DeviceInfoResponse { DeviceName = "门卫 & <1>", IsOk = false, Manufacturer = "Acme", Model = "N", Firmware = "1.0", Channels = 4 },
        ["device status"] = new DeviceStatusResponse { IsOnline = true, IsWorking = false, Reason = "disk", IsEncoding = true, IsRecording = false, DeviceTime = new(2026, 11, 21, 20, 31, 5), Alarms = [new(Channel, "ONDUTY")] },
        ["catalog"] = new CatalogResponse(new(9, [new CatalogItem(Channel)
        {
            Name = "前门", Manufacturer = "A", Model = "B", Owner = "C", CivilCode = "340200", Block = "D", Address = "E", IsParent = true, ParentId = "1/2", BusinessGroupId = "3", SafetyWay = 0,
            RegisterWay = 1, Secrecy = 0, IpAddress = "10.0.0.1", Port = 80, IsOnline = false, Longitude = 117.227239, Latitude = -31.820587, PtzType = 3, StreamNumbers = "0/1", Resolution = "6/5",
            DownloadSpeed = "1/2", MobileDeviceType = 4,
        }], 0)),
        ["catalog change"] = new CatalogNotify(new(1, [new CatalogItem(Channel) { Event = "VLOST", Name = "x" }], 0)),
        ["record query"] = new RecordInfoQuery(new(2026, 11, 20), new(2026, 11, 21)) { FilePath = "/a", Address = "b", Secrecy = 1, Type = "alarm", RecorderId = "c", IndistinctQuery = 1, StreamNumber = 1 },
        ["records"] = new RecordInfoResponse("cam", new(2, [new RecordItem(Channel)
        {
            Name = "n", FilePath = "/p", Address = "a", StartTime = new(2026, 11, 20, 8, 0, 0), EndTime = new(2026, 11, 20, 9, 0, 0), Secrecy = 0, Type = "time", RecorderId = "r",
            FileSizeBytes = 9_000_000_000, RecordLocation = "x", StreamNumber = 0,
        }], 0)),
        ["alarm"] = new AlarmNotify(4, 5) { Time = new(2026, 11, 21, 20, 32, 0), Description = "d", Longitude = 1.5, Latitude = 2.5, Type = 6, EventType = 2 },
        ["alarm query"] = new AlarmQuery { StartPriority = 1, EndPriority = 4, Method = "25", StartTime = new(2026, 11, 20), EndTime = new(2026, 11, 21) },
        ["position"] = new MobilePositionNotify([new("", new(2026, 11, 21, 20, 31, 5), 117.227239, 31.820587, 36.5, 90, 20)]),
        ["position query"] = new MobilePositionQuery(5),
        ["end of file"] = new MediaStatusNotify(121),
        ["result"] = new ResultResponse("DeviceControl", false),
        ["pan"] = new DeviceControl { Ptz = PtzCode.Move(new(0x80, 0, 0)), Priority = 5 },
        ["record"] = new DeviceControl { Record = false, StreamNumber = 1 },
        ["guard"] = new DeviceControl { Guard = true },
        ["alarm reset"] = new DeviceControl { ResetsAlarm = true, AlarmMethod = 2, AlarmType = 1 },
        ["reboot"] = new DeviceControl { Reboots = true },
        ["sync sample"] = new DeviceControl { AsksForSyncSample = true },
        ["home"] = new DeviceControl { Home = new(true, 30, 2) },
        ["zoom"] = new DeviceControl { ZoomIn = new(1, 2, 3, 4, 5, 6), ZoomOut = new(6, 5, 4, 3, 2, 1) },
        ["config"] = new DeviceConfig(new() { Name = "n", ExpirationSeconds = 3600, HeartBeatIntervalSeconds = 60, HeartBeatCount = 3 }),
        ["config query"] = new ConfigDownloadQuery("BasicParam"),
        ["config answer"] = new ConfigDownloadResponse(true, new() { Name = "n", HeartBeatCount = 3 }),
        ["presets"] = new PresetResponse([new(1, "门"), new(255, "")]),
    };

    [Theory, MemberData(nameof(Bodies))]
    public void Documents_of_the_specification_are_written_as_they_were_read(string vector)
        => Assert.Equal(Gb18030.Decode(Vectors.BodyOf(vector)), Gb18030.Decode(ManscdpDocument.Parse(Vectors.BodyOf(vector)).ToBytes()));

    [Theory, MemberData(nameof(Samples))]
    public void What_is_written_is_read_again(string sample)
    {
        var document = All[sample] with { Sn = 17430, DeviceId = Device };
        foreach (var charset in Enum.GetValues<ManscdpCharset>())
            AssertSame(document, ManscdpDocument.Parse(document.ToBytes(charset)));
    }

    [Theory, MemberData(nameof(Samples))]
    public void A_document_that_does_not_come_to_its_end_is_refused(string sample)
    {
        var bytes = (All[sample] with { Sn = 1, DeviceId = Device }).ToBytes();
        var end = bytes.AsSpan().LastIndexOf((byte)'>');
        for (var length = 0; length < end; length++)
            Assert.Throws<ProtocolException>(() => ManscdpDocument.Parse(bytes.AsSpan(0, length)));
        ManscdpDocument.Parse(bytes.AsSpan(0, end + 1));
    }

    [Theory, MemberData(nameof(Samples))]
    public void Damage_is_refused_as_a_protocol_error_and_as_nothing_else(string sample)
    {
        foreach (var wreck in Damage.Of((All[sample] with { Sn = 1, DeviceId = Device }).ToBytes(), Damage.Rounds / 10))
            try
            {
                ManscdpDocument.Parse(wreck);
            }
            catch (ProtocolException) { }
    }

    [Fact]
    public void V6_is_a_heartbeat()
    {
        var keepalive = Assert.IsType<Keepalive>(ManscdpDocument.Parse(Vectors.BodyOf("V6")));
        Assert.Equal((true, 43, Device), (keepalive.IsOk, keepalive.Sn, keepalive.DeviceId));
    }

    [Fact]
    public void V9_names_a_channel_in_GB2312()
    {
        var part = Assert.IsType<CatalogResponse>(ManscdpDocument.Parse(Vectors.BodyOf("V9.1"))).Part;
        Assert.Equal(2, part.SumNum);
        var item = Assert.Single(part.Items);
        Assert.Equal((Channel, "前门摄像机", true, Device), (item.DeviceId, item.Name, item.IsOnline, item.ParentId));
        Assert.True(item.IsCamera);
        Assert.False(Assert.IsType<CatalogResponse>(ManscdpDocument.Parse(Vectors.BodyOf("V9.2"))).Part.Items[0].IsOnline);
    }

    [Fact]
    public void A_catalog_of_ten_thousand_entries_is_one_document()
    {
        var full = Assert.IsType<CatalogResponse>(ManscdpDocument.Parse(Vectors.BodyOf("V9.1"))).Part.Items[0];
        var bytes = new CatalogResponse(new(10_001, [.. Enumerable.Range(0, 10_001).Select(i => full with { DeviceId = $"3402000000131{i:D7}" })], 0)) { Sn = 1 }.ToBytes();
        Assert.InRange(bytes.Length, 3_500_000, XmlPull.LargestDocument);
        var part = Assert.IsType<CatalogResponse>(ManscdpDocument.Parse(bytes)).Part;
        Assert.Equal((10_000, 1, "前门摄像机"), (part.Items.Count, part.Unnamed, part.Items[^1].Name));
    }

    [Fact]
    public void The_same_in_UTF8_with_and_without_a_mark_or_declared_wrongly()
    {
        var text = Gb18030.Decode(Vectors.BodyOf("V9.1"));
        foreach (byte[] bytes in (byte[][])[Encoding.UTF8.GetBytes(text), [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(text)], Gb18030.Encode(text.Replace("GB2312", "UTF-8", StringComparison.Ordinal))])
            Assert.Equal("前门摄像机", Assert.IsType<CatalogResponse>(ManscdpDocument.Parse(bytes)).Part.Items[0].Name);
    }

    [Fact]
    public void V25_lists_a_recording_and_V28_a_position_and_V29_an_alarm()
    {
        var record = Assert.IsType<RecordInfoResponse>(ManscdpDocument.Parse(Vectors.BodyOf("V25"))).Part.Items[0];
        Assert.Equal((new DateTime(2026, 11, 20, 8, 0, 0), 104_857_600L), (record.StartTime!.Value, record.FileSizeBytes!.Value));
        Assert.Equal(new(2026, 11, 20, 0, 0, 0, TimeSpan.Zero), ManscdpTime.ToUtc(record.StartTime.Value));
        var fix = Assert.IsType<MobilePositionNotify>(ManscdpDocument.Parse(Vectors.BodyOf("V28"))).Fixes[0];
        Assert.Equal((117.227239, 31.820587, 36.5, 90.0, 20.0), (fix.Longitude, fix.Latitude, fix.SpeedKmh, fix.DirectionDeg, fix.AltitudeM));
        var alarm = Assert.IsType<AlarmNotify>(ManscdpDocument.Parse(Vectors.BodyOf("V29")));
        Assert.Equal((4, 5, 2), (alarm.Priority, alarm.Method, alarm.Type));
    }

    [Fact]
    public void Positions_of_2022_stand_in_a_list()
    {
        var fixes = Assert.IsType<MobilePositionNotify>(Parse("""
            <Notify><CmdType>MobilePosition</CmdType><SN>1</SN><DeviceID>1</DeviceID><Time>2026-11-21T20:31:05</Time><SumNum>3</SumNum><DeviceList Num="3">
            <Item><DeviceID>a</DeviceID><CaptureTime>2026-11-21T20:31:04</CaptureTime><Longitude>1</Longitude><Latitude>2</Latitude></Item>
            <Item><DeviceID>b</DeviceID><Longitude>3</Longitude><Latitude>4</Latitude><Speed/></Item>
            <Item><DeviceID>c</DeviceID><Longitude>300</Longitude><Latitude>4</Latitude></Item></DeviceList></Notify>
            """)).Fixes;
        Assert.Equal(["a", "b"], fixes.Select(fix => fix.DeviceId));
        Assert.Equal([4, 5], fixes.Select(fix => fix.Time!.Value.Second));
    }

    [Fact]
    public void What_devices_write_wrongly_is_read()
    {
        // No declaration, blank lines in front, children in another order, control characters, a bare ampersand, an attribute with blanks, info for Info, zeros behind the end.
        var catalog = Assert.IsType<CatalogResponse>(Parse("\r\n\r\n<response>\r\n<DeviceList Num=\" 2 \"><Item><Name>A&B\u0001 &amp; &#x43;</Name><deviceid> 34020000001320000001 </deviceid>"
            + "<info><PTZType>1</PTZType></info><Port></Port><Status>ONLINE</Status></Item><Item><Name>none</Name></Item></DeviceList>"
            + "<SumNum>2</SumNum><DeviceID>1</DeviceID><SN>5</SN><CmdType>catalog</CmdType></response>\0\0\0"));
        Assert.Equal((5, 2, 1), (catalog.Sn, catalog.Part.SumNum, catalog.Part.Unnamed));
        var item = Assert.Single(catalog.Part.Items);
        Assert.Equal((Channel, "A&B & C", 1, true), (item.DeviceId, item.Name, item.PtzType, item.IsOnline));
        Assert.Null(item.Port);
    }

    [Theory]
    [InlineData("ON", true)]
    [InlineData("OK", true)]
    [InlineData("1", true)]
    [InlineData("off", false)]
    [InlineData("0", false)]
    [InlineData("", null)]
    [InlineData("?", null)]
    public void States_have_many_words(string word, bool? isOnline)
        => Assert.Equal(isOnline, Assert.IsType<CatalogResponse>(Parse($"<Response><CmdType>Catalog</CmdType><SumNum>1</SumNum><DeviceList><Item><DeviceID>1</DeviceID><Status>{word}</Status></Item></DeviceList></Response>")).Part.Items[0].IsOnline);

    [Fact]
    public void A_password_in_a_catalog_is_not_read()
    {
        var item = Assert.IsType<CatalogResponse>(Parse("<Response><CmdType>Catalog</CmdType><DeviceList><Item><DeviceID>1</DeviceID><Password>secret</Password></Item></DeviceList></Response>")).Part.Items[0];
        Assert.DoesNotContain("secret", item.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("34020000001310000001", null, true)]
    [InlineData("34020000001320000001", true, true)]
    [InlineData("34020000001180000001", false, true)]
    [InlineData("34020000001180000001", true, false)]
    [InlineData("34020000001340000001", false, false)]
    [InlineData("34020000002150000001", false, false)]
    [InlineData("34020000009990000001", false, true)]
    [InlineData("34020000009990000001", null, false)]
    [InlineData("340200", false, false)]
    public void Cameras_are_told_from_regions_and_organisations(string id, bool? isParent, bool isCamera)
        => Assert.Equal(isCamera, new CatalogItem(id) { IsParent = isParent }.IsCamera);

    [Fact]
    public void Entries_below_entries_name_their_parents()
        => Assert.Equal(["34020000002150000001", "34020000002160000001"], new CatalogItem("1") { ParentId = "34020000002150000001/34020000002160000001" }.Parents);

    [Fact]
    public void Values_that_a_device_cannot_mean_are_none()
    {
        var basic = Assert.IsType<ConfigDownloadResponse>(Parse("<Response><CmdType>ConfigDownload</CmdType><Result>OK</Result><BasicParam><HeartBeatInterval>0</HeartBeatInterval><HeartBeatCount>-1</HeartBeatCount></BasicParam></Response>")).Basic!;
        Assert.Null(basic.HeartBeatIntervalSeconds);
        Assert.Null(basic.HeartBeatCount);
        Assert.Equal(5, Assert.IsType<MobilePositionQuery>(Parse("<Query><CmdType>MobilePosition</CmdType><Interval>0</Interval></Query>")).IntervalSeconds);
    }

    [Fact]
    public void The_key_frame_command_is_read_in_both_spellings()
    {
        foreach (var name in (string[])["IFameCmd", "IFrameCmd"])
            Assert.True(Assert.IsType<DeviceControl>(Parse($"<Control><CmdType>DeviceControl</CmdType><{name}>Send</{name}></Control>")).AsksForSyncSample);
    }

    [Fact]
    public void What_is_unknown_is_named()
    {
        var other = Assert.IsType<OtherDocument>(Parse("<Notify><CmdType>Broadcast</CmdType><SN>3</SN></Notify>"));
        Assert.Equal((ManscdpRoot.Notify, "Broadcast", 3), (other.Root, other.CmdType, other.Sn));
    }

    [Theory]
    [InlineData("<Other><CmdType>Catalog</CmdType></Other>")]
    [InlineData("<3><CmdType>Catalog</CmdType></3>")]
    [InlineData("<Query><SN>1</SN></Query>")]
    [InlineData("<Query CmdType=\"Catalog\"></Query>")]
    [InlineData("")]
    [InlineData("text")]
    [InlineData("<Query><CmdType>Catalog</Query>")]
    [InlineData("<Notify><CmdType>MediaStatus</CmdType><NotifyType>x</NotifyType></Notify>")]
    [InlineData("<Control><CmdType>DeviceControl</CmdType><PTZCmd>A50F0101800000FF</PTZCmd></Control>")]
    public void What_cannot_be_meant_is_refused(string text) => Assert.Throws<ProtocolException>(() => Parse(text));

    [Theory]
    [InlineData("2026-11-20T08:00:00", "2026-11-20T08:00:00")]
    [InlineData("2026-11-20 08:00:00", "2026-11-20T08:00:00")]
    [InlineData("2026-11-20T08:00:00.123", "2026-11-20T08:00:00")]
    [InlineData("2026-11-20T00:00:00Z", "2026-11-20T08:00:00")]
    [InlineData("2026-11-20T08:00:00+08:00", "2026-11-20T08:00:00")]
    [InlineData("2026-11-19T19:00:00-05:00", "2026-11-20T08:00:00")]
    [InlineData("2026-1-2T3:4:5", "2026-01-02T03:04:05")]
    [InlineData("20261120T080000", "2026-11-20T08:00:00")]
    [InlineData("2026-13-20T08:00:00", null)]
    [InlineData("0000-00-00T00:00:00", null)]
    [InlineData("", null)]
    public void Times_have_many_forms(string text, string? expected)
        => Assert.Equal(expected, ManscdpTime.Read(text) is { } time ? ManscdpTime.Write(time) : null);

    private static ManscdpDocument Parse(string text) => ManscdpDocument.Parse(Encoding.UTF8.GetBytes(text));

    /// <summary>Records compare their lists by reference; what they write compares them whole.</summary>
    private static void AssertSame(ManscdpDocument expected, ManscdpDocument actual)
    {
        Assert.IsType(expected.GetType(), actual);
        Assert.Equal(Gb18030.Decode(expected.ToBytes()), Gb18030.Decode(actual.ToBytes()));
    }
}
