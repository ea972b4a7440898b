using System.Net;
using System.Security.Cryptography;
using System.Text;
using EdgeRecorder.DigestAuth;
using EdgeRecorder.Sip;
using EdgeRecorder.Tests.Recording;

namespace EdgeRecorder.Tests.Sip;

public sealed class DigestGuardTests
{
    private const string User = "34020000001180000001", Realm = "3402000000", Password = "Gb@28181", Uri = "sip:34020000002000000001@3402000000";
    private const string Nonce = "9f4c1a70be2d4f0f8a1d5e6b7c8d9e0f", ClientNonce = "0a4f113b";

    private static readonly IPAddress Here = IPAddress.Parse("198.51.100.7"), Elsewhere = IPAddress.Parse("203.0.113.9");

    private readonly ManualTime _time = new();

    [Theory]
    [InlineData(0, "265bb431aae39bc6b99e543a7b2e523c", "95fced343cf76247d3e2102931f17507", "c6807a85f5b3cb45fd5fa48b168221ec", "19f7347621933e85082b293c33c9d8bc")]
    [InlineData(1, "e9e9f7aced3f4a6ec37dfe9d36fc39ac10601da8a30833aef14586b79b0707f2", "a2d758e969957d4210319035125800b16c8a98ff23ab895d77835973d4c8e025",
        "9a1d341148ebb6ef9d27712c554277c7551135227ad7346fde38271f40317416", "795984ecfba48449550a02172f027deab1bdce83ee24a0ffd35727428885fa4d")]
    public void Sums_are_those_of_the_specification(int which, string ha1, string ha2, string plain, string withQop)
    {
        var algorithm = (DigestAlgorithm)which;
        var ofUser = DigestHash.OfUser(algorithm, User, Realm, Password);
        var ofRequest = DigestHash.OfRequest(algorithm, "REGISTER", Uri);
        Assert.Equal((ha1, ha2), (ofUser, ofRequest));
        Assert.Equal(plain, DigestHash.Response(algorithm, ofUser, Nonce, null, null, null, ofRequest));
        Assert.Equal(withQop, DigestHash.Response(algorithm, ofUser, Nonce, "00000001", ClientNonce, "auth", ofRequest));
    }

    [Fact]
    public void The_uri_that_is_summed_up_is_the_one_in_the_header()
        => Assert.Equal("55a397baef8378b98b21e8c11c6d9be2", DigestHash.Response(DigestAlgorithm.Md5, DigestHash.OfUser(DigestAlgorithm.Md5, User, Realm, Password), Nonce, null, null, null,
            DigestHash.OfRequest(DigestAlgorithm.Md5, "REGISTER", "sip:192.0.2.10:5060")));

    [Theory]
    [InlineData(Uri)]
    [InlineData("sip:192.0.2.10:5060")]                      // SIPp, and devices
    public void A_right_answer_is_right_once(string uri)
    {
        var guard = Guard();
        var answer = Answer(Challenge(guard), uri: uri);
        Assert.Equal(new(DigestOutcome.Right, User), Verify(guard, answer));
        Assert.Equal(DigestOutcome.Replayed, Verify(guard, answer).Outcome);
        Assert.True(Verify(guard, answer).IsStale);
        Assert.Equal(DigestOutcome.Right, Verify(guard, Answer(Challenge(guard), uri: uri)).Outcome);
    }

    [Fact]
    public void A_nonce_in_other_letters_is_the_same_nonce()
    {
        var guard = Guard();
        var nonce = NonceOf(Challenge(guard));
        Assert.True(Verify(guard, Answer($"Digest realm=\"{Realm}\", nonce=\"{nonce}\"")).IsRight);
        Assert.Equal(DigestOutcome.Replayed, Verify(guard, Answer($"Digest realm=\"{Realm}\", nonce=\"{nonce.ToUpperInvariant()}\"")).Outcome);
    }

    [Fact]
    public void The_answer_of_V3_is_understood_but_its_nonce_is_not_ours()
    {
        var header = Vectors.Read("V3")["Authorization"]!;
        Assert.Equal(new(DigestOutcome.Stale, User), Verify(Guard(), header));
        Assert.Contains("response=\"c6807a85f5b3cb45fd5fa48b168221ec\"", header, StringComparison.Ordinal);
        Assert.Contains(Client("REGISTER", Uri, $"Digest realm=\"{Realm}\", nonce=\"{Nonce}\", algorithm=MD5"), client => client.Contains("response=\"c6807a85f5b3cb45fd5fa48b168221ec\"", StringComparison.Ordinal));
        Assert.Contains("response=\"892c940d2c2420b42a55853c41467ea9\"", Vectors.Read("V5")["Authorization"]!, StringComparison.Ordinal);
        Assert.Contains(Client("REGISTER", Uri, $"Digest realm=\"{Realm}\", nonce=\"0123456789abcdef0123456789abcdef\", algorithm=MD5"), client => client.Contains("response=\"892c940d2c2420b42a55853c41467ea9\"", StringComparison.Ordinal));
    }

    [Fact]
    public void A_nonce_is_good_for_its_address_and_its_time_only()
    {
        var guard = Guard();
        var answer = Answer(Challenge(guard));
        Assert.Equal(DigestOutcome.Stale, Verify(guard, answer, Elsewhere).Outcome);
        _time.Advance(TimeSpan.FromSeconds(120));
        Assert.True(Verify(guard, answer).IsRight);
        var late = Answer(Challenge(guard));
        _time.Advance(TimeSpan.FromSeconds(121));
        Assert.Equal(DigestOutcome.Stale, Verify(guard, late).Outcome);
        Assert.Equal(DigestOutcome.Stale, Verify(Guard(), Answer(Challenge(guard))).Outcome);       // of another server
    }

    [Fact]
    public void A_nonce_stays_used_up_when_it_had_to_be_forgotten()
    {
        var guard = Guard(options => options with { MostNonces = 2 });
        var answers = Enumerable.Range(0, 4).Select(_ =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return Answer(Challenge(guard));
        }).ToList();
        var unused = answers[0];
        foreach (var answer in answers[1..])
            Assert.True(Verify(guard, answer).IsRight);
        Assert.Equal(2, guard.Remembered);
        Assert.All(answers, answer => Assert.Equal(DigestOutcome.Replayed, Verify(guard, answer).Outcome));
        Assert.Equal(DigestOutcome.Replayed, Verify(guard, unused).Outcome);                        // issued before one that was forgotten: a new challenge, no more
        Assert.True(Verify(guard, Answer(Challenge(guard))).IsRight);
    }

    [Fact]
    public void After_49_days_of_milliseconds_a_used_nonce_is_still_old()
    {
        var guard = Guard();
        var old = Answer(Challenge(guard));
        Assert.True(Verify(guard, old).IsRight);
        _time.Advance(TimeSpan.FromMilliseconds(uint.MaxValue) + TimeSpan.FromSeconds(3));
        Assert.Equal(DigestOutcome.Stale, Verify(guard, old).Outcome);
        Assert.True(Verify(guard, Answer(Challenge(guard))).IsRight);
    }

    [Fact]
    public void With_qop_the_count_has_to_rise()
    {
        var guard = Guard(options => options with { OfferQop = true });
        var challenge = Challenge(guard);
        Assert.Contains("qop=\"auth\"", challenge, StringComparison.Ordinal);
        Assert.True(Verify(guard, Answer(challenge, count: "00000001")).IsRight);
        Assert.Equal(DigestOutcome.Replayed, Verify(guard, Answer(challenge, count: "00000001")).Outcome);
        Assert.True(Verify(guard, Answer(challenge, count: "00000003")).IsRight);
        Assert.Equal(DigestOutcome.Replayed, Verify(guard, Answer(challenge, count: "00000002")).Outcome);
        Assert.Equal(DigestOutcome.Replayed, Verify(guard, Answer(challenge)).Outcome);             // without, after it was used with
        Assert.Equal(DigestOutcome.Wrong, Verify(guard, Answer(challenge, count: "00000000")).Outcome);
        Assert.Equal(DigestOutcome.Wrong, Verify(guard, Answer(challenge, count: "x")).Outcome);
    }

    [Fact]
    public void A_device_that_ignores_qop_is_answered_too()
    {
        var guard = Guard(options => options with { OfferQop = true });
        Assert.True(Verify(guard, Answer(Challenge(guard))).IsRight);
    }

    [Fact]
    public void Values_may_be_padded_or_lack_their_quotes()
    {
        var guard = Guard(options => options with { OfferQop = true });
        var padded = Answer(Challenge(guard), count: "0000000A");
        padded = padded.Replace($"username=\"{User}\"", $"username=\" {User} \"", StringComparison.Ordinal).Replace($"realm=\"{Realm}\"", $"realm={Realm}", StringComparison.Ordinal);
        Assert.Contains("qop=auth, nc=0000000A", padded, StringComparison.Ordinal);
        Assert.Equal(new(DigestOutcome.Right, User), Verify(guard, padded));
    }

    [Fact]
    public void The_algorithm_is_the_one_the_client_chose_of_those_that_were_offered()
    {
        var both = Guard(options => options with { Algorithms = [DigestAlgorithm.Sha256, DigestAlgorithm.Md5] });
        var challenges = both.Challenges(Here, false).ToList();
        Assert.Equal(["SHA-256", "MD5"], challenges.Select(c => EdgeRecorder.DigestAuth.Challenge.ParseAll(c).Single()["algorithm"]));
        Assert.True(Verify(both, Answer(challenges[0])).IsRight);
        Assert.True(Verify(both, Answer(both.Challenges(Here, false).Last())).IsRight);
        var only = Guard(options => options with { Algorithms = [DigestAlgorithm.Sha256] });
        Assert.Equal(DigestOutcome.Wrong, Verify(only, Answer(Challenge(only).Replace("SHA-256", "MD5", StringComparison.Ordinal))).Outcome);
    }

    [Fact]
    public void Strangers_wrong_passwords_and_other_realms_are_told_apart()
    {
        var guard = Guard();
        Assert.Equal(DigestOutcome.Missing, guard.Verify("REGISTER", [], Here, SecretOf).Outcome);
        Assert.Equal(DigestOutcome.Missing, Verify(guard, Answer(Challenge(guard)).Replace(Realm, "other", StringComparison.Ordinal)).Outcome);
        Assert.Equal(new(DigestOutcome.Wrong, User), Verify(guard, Answer(Challenge(guard), password: "other")));
        Assert.Equal(DigestOutcome.Wrong, Verify(guard, Answer(Challenge(guard), user: "nobody", password: "")).Outcome);
        Assert.Equal(DigestOutcome.Wrong, Verify(guard, Answer(Challenge(guard), method: "MESSAGE")).Outcome);
    }

    [Fact]
    public void After_ten_wrong_answers_nothing_of_that_user_is_looked_at_from_there()
    {
        var guard = Guard();
        for (var i = 0; i < 10; i++)
            Assert.Equal(DigestOutcome.Wrong, Verify(guard, Answer(Challenge(guard), password: $"{i}")).Outcome);
        Assert.Equal(DigestOutcome.Throttled, Verify(guard, Answer(Challenge(guard))).Outcome);
        Assert.True(Verify(guard, Answer(guard.Challenges(Elsewhere, false).First()), Elsewhere).IsRight);       // the device itself
        _time.Advance(TimeSpan.FromMinutes(5));
        Assert.True(Verify(guard, Answer(Challenge(guard))).IsRight);
    }

    [Fact]
    public void A_challenge_says_that_only_the_nonce_was_stale()
    {
        var guard = Guard();
        Assert.DoesNotContain("stale", guard.Challenges(Here, false).Single(), StringComparison.Ordinal);
        Assert.EndsWith(", stale=true", guard.Challenges(Here, true).Single(), StringComparison.Ordinal);
    }

    [Fact]
    public void Any_text_is_judged_without_an_error()
    {
        var guard = Guard();
        var answer = Encoding.Latin1.GetBytes(Answer(Challenge(guard)));
        var right = 0;
        foreach (var wreck in EdgeRecorder.Tests.Bytes.Damage.Of(answer, 5000))
            right += Verify(guard, Encoding.Latin1.GetString(wreck)).IsRight ? 1 : 0;
        Assert.True(right <= 1);                            // damage in a parameter that is not looked at; and then it is used up
    }

    private DigestGuard Guard(Func<DigestOptions, DigestOptions>? change = null)
    {
        var options = new DigestOptions { Realm = Realm };
        return new(change?.Invoke(options) ?? options, _time);
    }

    private static string Challenge(DigestGuard guard) => guard.Challenges(Here, false).First();

    private static DigestResult Verify(DigestGuard guard, string header, IPAddress? source = null) => guard.Verify("REGISTER", [header], source ?? Here, SecretOf);

    private static string? SecretOf(string user, DigestAlgorithm algorithm) => user == User ? DigestHash.OfUser(algorithm, User, Realm, Password) : null;

    private static string NonceOf(string header) => EdgeRecorder.DigestAuth.Challenge.ParseAll(header).Single()["nonce"]!;

    private static List<string> Client(string method, string uri, string challenge)
    {
        var client = new Authenticator(User, Password, allowBasic: false);
        Assert.True(client.Accept([challenge]));
        return [client.Header(method, uri)!];
    }

    /// <summary>The client's side, by other means than the code under test.</summary>
    private static string Answer(string challenge, string? count = null, string user = User, string password = Password, string method = "REGISTER", string uri = Uri)
    {
        var nonce = NonceOf(challenge);
        var isSha = challenge.Contains("SHA-256", StringComparison.Ordinal);
#pragma warning disable CA5351
        string Hash(string text) => Convert.ToHexStringLower(isSha ? SHA256.HashData(Encoding.Latin1.GetBytes(text)) : MD5.HashData(Encoding.Latin1.GetBytes(text)));
#pragma warning restore CA5351
        var middle = count is null ? nonce : $"{nonce}:{count}:{ClientNonce}:auth";
        var response = Hash($"{Hash($"{user}:{Realm}:{password}")}:{middle}:{Hash($"{method}:{uri}")}");
        return $"Digest username=\"{user}\", realm=\"{Realm}\", nonce=\"{nonce}\", uri=\"{uri}\", response=\"{response}\", algorithm={(isSha ? "SHA-256" : "MD5")}"
            + (count is null ? "" : $", qop=auth, nc={count}, cnonce=\"{ClientNonce}\"");
    }
}
