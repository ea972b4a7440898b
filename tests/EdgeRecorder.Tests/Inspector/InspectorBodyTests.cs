using System.Text;
using EdgeRecorder.Api.Inspector;
using EdgeRecorder.Inspector;
using EdgeRecorder.Ledger;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeRecorder.Tests.Inspector;

public sealed class InspectorBodyTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void The_published_sample_is_read_member_by_member()
    {
        var settings = Apply(Conformance.Inspector.InspectorClient.Sample, new InspectorSettings { SplitTimeMinutes = 3, Width = 640, Height = 480 });
        Assert.Equal(new InspectorSettings { Bitrate = 1, Encoder = "n265", DirectoryTemplate = "${channelname}\\${yyyy]\\${MM}\\${dd}", FilenameTemplate = "${hh}${mm}$ss}_${fff}" }, settings);
        Assert.Empty(settings.Encoding);
    }

    [Fact]
    public void What_is_not_named_stays_and_names_are_found_in_any_case()
    {
        var before = new InspectorSettings { Encoder = "n264", SplitTimeMinutes = 3, IsSmartEncoding = false, Width = 640, Height = 480, RestartOnFailure = true };
        Assert.Equal(before with { FrameRate = 12.5 }, Apply("\uFEFF{ /* a comment */ \"frameRATE\": 12.5, \"Unknown\": [1], \"Bitrate\": null, }", before));
        Assert.Equal(["Encoder", "FrameRate", "Resolution"], Apply("""{"FrameRate":1}""", before).Encoding);
        Assert.Equal("", Apply("""{"Encoder":null}""", before).Encoder);
    }

    [Theory]
    [InlineData("""{"Bitrate":201}""", "Bitrate")]
    [InlineData("""{"Bitrate":"1"}""", "Bitrate")]
    [InlineData("""{"Bitrate":-0.1}""", "Bitrate")]
    [InlineData("""{"Bitrate":1e999}""", "Bitrate")]
    [InlineData("""{"FrameRate":121}""", "FrameRate")]
    [InlineData("""{"SplitTimeMinutes":1.5}""", "SplitTimeMinutes")]
    [InlineData("""{"SplitTimeMinutes":1441}""", "SplitTimeMinutes")]
    [InlineData("""{"IsSmartEncoding":"true"}""", "IsSmartEncoding")]
    [InlineData("""{"Resolution":"1920"}""", "Resolution")]
    [InlineData("""{"Resolution":"15, 16"}""", "Resolution")]
    [InlineData("""{"Directory":"../x"}""", "invalid Directory")]
    [InlineData("""{"Filename":"../x"}""", "invalid Filename")]
    [InlineData("""{"EventTemplate":"a\u0000b"}""", "invalid EventTemplate")]
    [InlineData("""{"AnomalyTemplate":"\uD800"}""", "AnomalyTemplate")]
    [InlineData("""{"DataLogTemplate":7}""", "DataLogTemplate")]
    [InlineData("""[]""", "object")]
    [InlineData("""not json""", "JSON")]
    [InlineData("""{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":1}}}}}}}}}}}}}}}}}""", "JSON")]
    public void What_cannot_be_meant_is_named(string body, string named)
        => Assert.Contains(named, Assert.Throws<InspectorBodyException>(() => Apply(body, new InspectorSettings())).Message, StringComparison.Ordinal);

    [Fact]
    public void Settings_are_there_again_after_a_start_unless_they_are_not_to_be_kept()
    {
        var path = _directory.File("ledger.db");
        using (var ledger = LedgerDatabase.Open(path))
            Store(ledger, persist: true).Change(settings => settings with { SplitTimeMinutes = 7, FilenameTemplate = "<${ss}>", Bitrate = 2.5 });
        using var again = LedgerDatabase.Open(path);
        Assert.Equal(new InspectorSettings { SplitTimeMinutes = 7, FilenameTemplate = "<${ss}>", Bitrate = 2.5 }, Store(again, persist: true).Current);
        Assert.Equal(new InspectorSettings(), Store(again, persist: false).Current);
    }

    [Fact]
    public void A_change_that_fails_changes_nothing()
    {
        using var ledger = LedgerDatabase.Open(_directory.File("ledger.db"));
        var store = Store(ledger, persist: true);
        Assert.Throws<InspectorBodyException>(() => store.Change(Body("""{"Bitrate":5,"Directory":"x","Encoder":"bogus"}""").Apply));
        Assert.Equal(new InspectorSettings(), store.Current);
    }

    private static InspectorSettingStore Store(LedgerDatabase ledger, bool persist) => new(new SettingStore(ledger), persist, NullLogger<InspectorSettingStore>.Instance);

    private static InspectorSettings Apply(string body, InspectorSettings settings) => Body(body).Apply(settings);

    private static InspectorBody Body(string text) => InspectorBody.Read(Encoding.UTF8.GetBytes(text), "/data");
}
