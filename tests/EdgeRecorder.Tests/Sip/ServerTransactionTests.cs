using System.Text;
using EdgeRecorder.Sip;

namespace EdgeRecorder.Tests.Sip;

/// <summary>Requests that come: answered once, and again with the same bytes.</summary>
public sealed class ServerTransactionTests
{
    [Fact]
    public async Task V1_is_answered_with_V2_and_V3_with_V4()
    {
        await using var rig = new EndpointRig();
        using var device = rig.Udp();
        rig.Tokens("srv9001");
        await device.SendAsync(Vectors.Of("V1"));
        (await rig.User.NextAsync("REGISTER")).Answer(401, [("WWW-Authenticate", "Digest realm=\"3402000000\", nonce=\"9f4c1a70be2d4f0f8a1d5e6b7c8d9e0f\", algorithm=MD5")]);
        Assert.Equal(FromHere(device, "V2"), await device.TextAsync());
        rig.Tokens("srv9002");
        await device.SendAsync(Vectors.Of("V3"));
        var second = await rig.User.NextAsync("REGISTER");
        second.Answer(200, [("Contact", second.Request["Contact"]!), ("Expires", "3600"), ("Date", "2026-11-21T20:30:00.000"), ("X-GB-Ver", "2.0")]);
        Assert.Equal(FromHere(device, "V4"), await device.TextAsync());
    }

    [Fact]
    public async Task V6_is_answered_with_V7()
    {
        await using var rig = new EndpointRig();
        using var device = rig.Udp();
        rig.Tokens("srv1");
        await device.SendAsync(Vectors.Of("V6"));
        Assert.True((await rig.User.NextAsync("MESSAGE")).Answer(200));
        Assert.Equal(FromHere(device, "V7"), await device.TextAsync());
    }

    [Fact]
    public async Task A_request_that_comes_again_is_answered_with_the_same_bytes_and_seen_once()
    {
        await using var rig = new EndpointRig();
        using var device = rig.Udp();
        await device.SendAsync(Vectors.Of("V1"));
        await device.SendAsync(Vectors.Of("V1"));
        await EndpointRig.Until(() => rig.Figures.Repeats == 1, "the second is known");
        Assert.Equal(0, rig.Figures.Sent);                  // nothing has been answered yet
        var incoming = await rig.User.NextAsync();
        Assert.True(incoming.Answer(403));
        Assert.False(incoming.Answer(200));
        var first = await device.TextAsync();
        await device.SendAsync(Vectors.Of("V1"));
        Assert.Equal(first, await device.TextAsync());
        Assert.Equal(0, rig.User.Waiting);

        rig.Advance(32);                                    // J: forgotten
        await device.SendAsync(Vectors.Of("V1"));
        await rig.User.NextAsync("REGISTER");
    }

    [Fact]
    public async Task A_branch_that_is_used_again_or_has_no_cookie_begins_something_new_with_another_number()
    {
        await using var rig = new EndpointRig();
        using var device = rig.Udp();
        foreach (var number in (int[])[1, 2, 2])
            await device.SendAsync(device.Request("MESSAGE", "", number: number).Replace("branch=z9hG4bK", "branch=1", StringComparison.Ordinal));
        await EndpointRig.Until(() => rig.Figures.Repeats == 1, "one is a repetition");
        Assert.Equal(2, rig.User.Waiting);
    }

    [Fact]
    public async Task Devices_behind_one_NAT_that_draw_the_same_numbers_are_told_apart()
    {
        await using var rig = new EndpointRig();
        using var first = rig.Udp();
        using var second = rig.Udp();
        await first.RequestAsync("REGISTER", "1");
        await second.RequestAsync("REGISTER", "1", user: "34020000001180000002");
        for (var i = 0; i < 2; i++)
            (await rig.User.NextAsync("REGISTER")).Answer(200);
        Assert.Equal("34020000001180000001", (await first.ReadAsync(200)).From.Uri.User);
        Assert.Equal("34020000001180000002", (await second.ReadAsync(200)).From.Uri.User);
    }

    [Fact]
    public async Task Nobody_elsewhere_hears_an_answer_that_was_not_his()
    {
        await using var rig = new EndpointRig();
        using var device = rig.Udp();
        using var other = rig.Udp("127.0.0.2");
        await device.SendAsync(Vectors.Of("V1"));
        (await rig.User.NextAsync()).Answer(200);
        await device.ReadAsync(200);
        await other.SendAsync(Vectors.Of("V1"));
        (await rig.User.NextAsync()).Answer(401);
        await other.ReadAsync(401);
    }

    [Fact]
    public async Task A_refused_invite_is_refused_until_it_is_acknowledged()
    {
        await using var rig = new EndpointRig();
        using var caller = rig.Udp();
        await caller.RequestAsync("INVITE", "1");
        await caller.ReadAsync(100);
        (await rig.User.NextAsync("INVITE")).Answer(486);
        var refusal = await caller.ReadAsync(486);
        rig.Advance(3.5);                                   // G: 0.5, 1.5, 3.5 s
        for (var i = 0; i < 3; i++)
            await caller.ReadAsync(486);
        Assert.Equal(3, rig.Figures.Resent);
        await caller.RequestAsync("ACK", "1", toTag: refusal.To.Tag!);
        await caller.RequestAsync("MESSAGE", "2");
        await rig.User.NextAsync("MESSAGE");                // the ACK is there
        rig.Advance(32);
        Assert.Equal(3, rig.Figures.Resent);
        Assert.Equal(0, rig.Figures.Refused(SipRefusal.NoDialog));
    }

    [Fact]
    public async Task A_refusal_that_is_never_acknowledged_is_given_up_after_32_seconds()
    {
        await using var rig = new EndpointRig();
        using var caller = rig.Udp();
        await caller.RequestAsync("INVITE", "1");
        (await rig.User.NextAsync("INVITE")).Answer(603);
        rig.Advance(100);
        Assert.Equal(10, rig.Figures.Resent);               // 0.5 1.5 3.5 7.5 11.5 … 31.5
        Assert.Equal(0, rig.Endpoint.Transactions);
    }

    [Fact]
    public async Task A_call_that_is_taken_back_is_answered_487()
    {
        await using var rig = new EndpointRig();
        using var caller = rig.Udp();
        await caller.RequestAsync("INVITE", "1");
        await caller.ReadAsync(100);
        var incoming = await rig.User.NextAsync("INVITE");
        await caller.RequestAsync("CANCEL", "1");
        Assert.Equal("CANCEL", (await caller.ReadAsync(200)).CSeq.Method);
        Assert.Equal("INVITE", (await caller.ReadAsync(487)).CSeq.Method);
        await incoming.Cancelled.WaitAsync(EndpointRig.Patience);
        Assert.Null(incoming.Accept());
        Assert.Equal(0, rig.Endpoint.Dialogs.Count);
        await caller.RequestAsync("CANCEL", "9");
        await caller.ReadAsync(481);
    }

    [Fact]
    public async Task What_nobody_answers_is_forgotten_and_counted()
    {
        await using var rig = new EndpointRig();
        using var device = rig.Udp();
        await device.SendAsync(Vectors.Of("V6"));
        await rig.User.NextAsync();
        rig.Advance(33);
        Assert.Equal(1, rig.Figures.Refused(SipRefusal.Transaction));
        Assert.Equal(0, rig.Endpoint.Transactions);
    }

    [Fact]
    public async Task Remembered_answers_are_bounded_for_a_flow_and_for_all()
    {
        await using var rig = new EndpointRig(options => options with { MostTransactionsPerFlow = 3, MostTransactions = 8, Burst = 1000 });
        rig.User.Handler = incoming => incoming.Answer(200);
        using var device = rig.Udp();
        for (var i = 0; i < 20; i++)
        {
            await device.RequestAsync("MESSAGE", $"{i}", number: i);
            await device.ReadAsync(200);
        }
        Assert.Equal(3, rig.Endpoint.Transactions);
        using var second = rig.Udp();
        await second.RequestAsync("MESSAGE", "a");
        await second.ReadAsync(200);
        await second.RequestAsync("MESSAGE", "b");          // half of the room is kept for those we know
        await EndpointRig.Until(() => rig.Figures.Refused(SipRefusal.Transaction) == 1, "no room");
    }

    private static string FromHere(ScriptedPeer device, string vector)
        => Encoding.Latin1.GetString(Vectors.Of(vector)).Replace("rport=40960;received=198.51.100.7", $"rport={device.Local.Port};received=127.0.0.1", StringComparison.Ordinal);
}
